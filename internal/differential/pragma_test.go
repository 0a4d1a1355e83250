package differential

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// TestForeignKeysOff: the driver refuses PRAGMA foreign_keys where it switches
// them off in SQLite, and nowhere else.
func TestForeignKeysOff(t *testing.T) {
	values := strings.Fields("on off yes no true false full extra none foo delete default null ON Off tRuE yeſ Fals " +
		"0 1 2 00 01 007 10 -0 -1 -2 +0 +1 +7 - 1 -on 0.0 0.5 1.5 .5 1e3 0e1 1. -1.5 " +
		"255 256 257 512 65536 65537 2147483647 2147483648 2147483649 4294967297 9999999999 10000000001 00000000000000000001 99999999999999999999999 " +
		"0x 0x0 0x1 0X10 0xff 0x100 0x101 0x00000000000000001 0x7fffffff 0x80000001 0x100000001 0xg 1_0 0_1 '' ' ' '1 ' ' 1' '+1' '-1' '0x1' '0xg' '1abc' 'o''n' 1abc")
	values = append(values, "", " '1 '", "' 1'", "' on'", "'on '", "-/**/1", "+ 1")
	quoted := values
	for _, v := range quoted {
		values = append(values, "'"+v+"'", `"`+v+`"`, "["+v+"]", "`"+v+"`")
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			p, on, off := newPair(t, e), 0, 0
			for _, v := range values {
				for _, text := range []string{"PRAGMA foreign_keys=" + v, "PRAGMA foreign_keys(" + v + ")", "PRAGMA main . foreign_keys = " + v, `PRAGMA "foreign_keys" /**/ ( ` + v + " )"} {
					if _, err := p.native.Exec(text); err != nil {
						continue
					}
					var keys bool
					require.NoError(t, p.native.QueryRow("PRAGMA foreign_keys").Scan(&keys))
					p.both(t, "PRAGMA foreign_keys=ON")
					_, err := p.driver.Exec(text)
					if keys {
						on++
						require.NotErrorIs(t, err, d1.ErrUnsupported, text)
					} else {
						off++
						require.ErrorIs(t, err, d1.ErrUnsupported, text)
					}
				}
			}
			t.Log(on, "on", off, "off")
			require.Greater(t, on, 100)
			require.Greater(t, off, 100)
		})
	}
}
