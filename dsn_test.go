package d1_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

const (
	testToken = "s3cret-T0ken"
	testUUID  = "01234567-89ab-cdef-0123-456789abcdef"
)

// noEnvironment keeps the credentials of whoever runs the tests out of them.
func noEnvironment(t *testing.T) {
	t.Setenv("CLOUDFLARE_ACCOUNT_ID", "")
	t.Setenv("CLOUDFLARE_API_TOKEN", "")
}

func TestParseDSN(t *testing.T) {
	noEnvironment(t)
	want := func(change func(*d1.Config)) d1.Config {
		c := d1.Config{
			AccountID: "acc", APIToken: testToken, Database: "my-db", Endpoint: d1.DefaultEndpoint,
			Prepare: d1.PrepareEager, Tx: d1.TxLazy, ForeignKeysOff: d1.ForeignKeysOffError,
			SQLiteVersion: d1.DefaultSQLiteVersion, MaxAttempts: 4, RateLimit: d1.RateLimitAuto,
		}
		change(&c)
		return c
	}
	for _, test := range []struct {
		name, dsn string
		want      d1.Config
	}{
		{"all defaults", "d1://acc:" + testToken + "@my-db", want(func(*d1.Config) {})},
		{"trailing slash", "d1://acc:" + testToken + "@my-db/", want(func(*d1.Config) {})},
		{"UUID", "d1://acc:" + testToken + "@" + testUUID, want(func(c *d1.Config) { c.Database = testUUID })},
		{"escapes", "d1://a%3Ac:t%40k%25%2F%3F+%20@d%20b", want(func(c *d1.Config) {
			c.AccountID, c.APIToken, c.Database = "a:c", "t@k%/?+ ", "d b"
		})},
		{"unescaped @ in the token", "d1://acc:a@b@my-db", want(func(c *d1.Config) { c.APIToken = "a@b" })},
		{"every option", "d1://acc:" + testToken + "@my-db?prepare=lazy&parse_time=false&tx=eager&foreign_keys_off=ignore" +
			"&sqlite_version=off&max_attempts=1&rate_limit=off&endpoint=http%3A%2F%2F127.0.0.1%3A8787%2Fclient%2Fv4",
			want(func(c *d1.Config) {
				c.Prepare, c.RawTime, c.Tx, c.ForeignKeysOff = d1.PrepareLazy, true, d1.TxEager, d1.ForeignKeysOffIgnore
				c.SQLiteVersion, c.MaxAttempts, c.RateLimit = "off", 1, d1.RateLimitOff
				c.Endpoint = "http://127.0.0.1:8787/client/v4"
			})},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, err := d1.ParseDSN(test.dsn)
			require.NoError(t, err)
			require.True(t, reflect.DeepEqual(test.want, *cfg), "got %#v", cfg)
			again, err := d1.ParseDSN(cfg.FormatDSN())
			require.NoError(t, err)
			require.True(t, reflect.DeepEqual(cfg, again), "%s parses to %#v", cfg.FormatDSN(), again)
		})
	}
}

func TestParseDSNEnvironment(t *testing.T) {
	t.Setenv("CLOUDFLARE_ACCOUNT_ID", "env-account")
	t.Setenv("CLOUDFLARE_API_TOKEN", "env-token")
	cfg, err := d1.ParseDSN("d1://my-db")
	require.NoError(t, err)
	require.Equal(t, "env-account", cfg.AccountID)
	require.Equal(t, "env-token", cfg.APIToken)
	cfg, err = d1.ParseDSN("d1://acc:" + testToken + "@my-db")
	require.NoError(t, err)
	require.Equal(t, "acc", cfg.AccountID)
	require.Equal(t, testToken, cfg.APIToken)
}

func TestBadDSN(t *testing.T) {
	noEnvironment(t)
	for _, test := range []struct{ name, dsn, want string }{
		{"empty", "", "must start with d1://"},
		{"other scheme", "mysql://acc:" + testToken + "@db", "must start with d1://"},
		{"no database", "d1://acc:" + testToken + "@", "no database"},
		{"no token", "d1://acc@db", "no API token"},
		{"empty token", "d1://acc:@db", "no API token"},
		{"no account", "d1://:" + testToken + "@db", "no account"},
		{"no @", "d1://acc:" + testToken, "the part before @"},
		{"unknown option", "d1://acc:" + testToken + "@db?prepair=lazy", `unknown option "prepair"`},
		{"option twice", "d1://acc:" + testToken + "@db?tx=lazy&tx=eager", `option "tx" given twice`},
		{"bad value", "d1://acc:" + testToken + "@db?tx=never", "want lazy, eager, queue"},
		{"bad bool", "d1://acc:" + testToken + "@db?parse_time=maybe", "want true or false"},
		{"bad duration", "d1://acc:" + testToken + "@db?coalesce=2", "want a duration"},
		{"long duration", "d1://acc:" + testToken + "@db?coalesce=2s", "want a duration"},
		{"bad number", "d1://acc:" + testToken + "@db?max_attempts=0", "want a positive number"},
		{"bad escape in token", "d1://acc:" + testToken + "%zz@db", "bad percent-encoding in the token"},
		{"bad escape in option", "d1://acc:" + testToken + "@db?tx=%zz", "bad percent-encoding in an option"},
		{"path in database", "d1://acc:" + testToken + "@db/../x", "a database name"},
		{"http to a public host", "d1://acc:" + testToken + "@db?endpoint=http%3A%2F%2Fexample.com", "loopback"},
		{"endpoint with user", "d1://acc:" + testToken + "@db?endpoint=https%3A%2F%2Fu%3Ap%40example.com", "must not contain a user"},
		{"endpoint without scheme", "d1://acc:" + testToken + "@db?endpoint=example.com", "endpoint"},
		{"control character in the token", "d1://acc:" + testToken + "%0a@db", "control character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := sql.Open("d1", test.dsn)
			require.ErrorContains(t, err, test.want)
			require.ErrorIs(t, err, d1.ErrInvalidConfig)
			require.True(t, strings.HasPrefix(err.Error(), "d1: "), err.Error())
			require.NotContains(t, err.Error(), testToken)
			require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), testToken)
		})
	}
}

// TestConfigFields fails when a field of Config is neither in the DSN nor known
// to be out of it.
func TestConfigFields(t *testing.T) {
	noEnvironment(t)
	notInDSN := map[string]bool{"Transport": true, "Logger": true, "Trace": true}
	other := map[string]any{
		"AccountID": "other", "APIToken": "other", "Database": "other", "Endpoint": "http://localhost/x",
		"Prepare": d1.PrepareLazy, "RawTime": true, "Tx": d1.TxQueue, "ForeignKeysOff": d1.ForeignKeysOffIgnore,
		"SQLiteVersion": "3.50.0", "Coalesce": 2 * time.Millisecond, "MaxAttempts": 7, "RateLimit": d1.RateLimitOn, "Ledger": true,
	}
	for field := range reflect.TypeFor[d1.Config]().Fields() {
		if notInDSN[field.Name] {
			continue
		}
		v, ok := other[field.Name]
		require.True(t, ok, "Config.%s is new: give this test a value for it, and the DSN an option", field.Name)
		base, err := d1.ParseDSN("d1://acc:" + testToken + "@db")
		require.NoError(t, err)
		reflect.ValueOf(base).Elem().FieldByName(field.Name).Set(reflect.ValueOf(v))
		again, err := d1.ParseDSN(base.FormatDSN())
		require.NoError(t, err)
		require.True(t, reflect.DeepEqual(base, again), "Config.%s does not survive %s", field.Name, base)
	}
}

func TestTokenIsNeverShown(t *testing.T) {
	cfg, err := d1.ParseDSN("d1://acc:" + testToken + "@db?endpoint=http%3A%2F%2F127.0.0.1%3A1")
	require.NoError(t, err)
	connector, err := d1.NewConnector(*cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	driver := &d1.Driver{}
	conn, err := driver.Open(cfg.FormatDSN()) // as wrappers do
	require.NoError(t, err)
	defer conn.Close()
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("config", "config", *cfg, "pointer", cfg, "connector", connector)
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	shown := []string{logged.String(), string(asJSON), cfg.String(), connector.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, v := range []any{*cfg, cfg, connector, db, &connector, []any{*cfg}, struct{ C d1.Config }{*cfg}, driver, conn} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
	}
	_, err = db.Exec("SELECT 1")
	require.Error(t, err)
	shown = append(shown, err.Error(), fmt.Sprintf("%+v %#v", err, err))
	hexToken := fmt.Sprintf("%x", testToken)
	for _, s := range shown {
		require.NotContains(t, s, testToken)
		require.NotContains(t, s, hexToken)
	}
	require.Contains(t, cfg.FormatDSN(), testToken, "FormatDSN is the one place that has it")
}

func FuzzParseDSN(f *testing.F) {
	for _, seed := range []string{
		"d1://acc:tok@db", "d1://db", "d1://a%40:b%2F@c%20d?tx=queue", "d1://acc:tok@db?endpoint=http://[::1]:80/x&parse_time=0",
		"d1://@", "d1://::@@", "d1://a:b@c?", "d1://a:b@c?&&tx=lazy", "d1://a:b@c?max_attempts=9", "d1://a:b@\u00e4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		cfg, err := d1.ParseDSN(dsn)
		if err != nil {
			return
		}
		again, err := d1.ParseDSN(cfg.FormatDSN())
		if err != nil {
			t.Fatalf("%q formats to what does not parse: %v", dsn, err)
		}
		if !reflect.DeepEqual(cfg, again) {
			t.Fatalf("%q does not round-trip", dsn)
		}
	})
}
