package d1

import (
	"context"
	"database/sql/driver"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
	"github.com/d1go/d1/internal/wire"
)

func init() {
	bridge.Of = func(c driver.Connector) bridge.Database { return (*inside)(c.(*Connector)) }
	bridge.WrapError = requestError
	bridge.ArgumentError = argumentError
}

// inside is a Connector as package extras uses it.
type inside Connector

var _ bridge.Database = (*inside)(nil)

func (c *inside) Client() *api.Client { return c.client }

func (c *inside) ID(ctx context.Context) (string, error) {
	return c.database.get(ctx, func(ctx context.Context) (string, error) {
		return c.client.DatabaseID(ctx, c.cfg.Database)
	})
}

func (c *inside) Find(ctx context.Context, database string) (string, error) {
	if isUUID(database) {
		return database, nil
	}
	return c.client.DatabaseID(ctx, database)
}

func (c *inside) Encode(list []bridge.Statement) (bridge.Request, error) {
	b := &Batch{}
	for _, s := range list {
		b.Add(s.SQL, s.Args...)
	}
	bound, err := (&conn{connector: (*Connector)(c)}).bindBatch(b)
	if err != nil {
		return bridge.Request{}, err
	}
	return bridge.Request{
		Body:     wire.AppendBatch(nil, statements(bound)),
		Results:  len(bound),
		ReadOnly: readOnly(bound),
	}, nil
}

func (c *inside) Meta(raw []byte) any { return decodeMeta(raw) }

// probeArg returns the question of package extras if that is what args are.
func probeArg(args []driver.NamedValue) *bridge.Probe {
	if len(args) != 1 {
		return nil
	}
	p, _ := args[0].Value.(*bridge.Probe)
	return p
}
