package extras

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
)

// Database is what the API tells about a database. A list leaves FileSize,
// NumTables and ReadReplication out.
type Database struct {
	UUID            string           `json:"uuid"`                       // for DSNs, and all methods that take a database
	Name            string           `json:"name"`                       // unique in the account
	Version         string           `json:"version"`                    // "production" for all databases of today
	CreatedAt       time.Time        `json:"created_at"`                 // UTC
	Jurisdiction    Jurisdiction     `json:"jurisdiction,omitempty"`     // "" if not restricted
	FileSize        int64            `json:"file_size,omitempty"`        // bytes
	NumTables       int64            `json:"num_tables,omitempty"`       // as D1 counts them
	ReadReplication *ReadReplication `json:"read_replication,omitempty"` // nil if the API does not say
}

// ReadReplication is how a database is replicated.
type ReadReplication struct {
	Mode ReplicationMode `json:"mode"` // whether there are read replicas
}

// ReplicationMode says whether a database has read replicas. This driver does not
// read from them: sessions exist for Workers only.
// https://developers.cloudflare.com/d1/best-practices/read-replication/
type ReplicationMode string

const (
	// ReplicationAuto lets D1 place replicas around the world.
	ReplicationAuto ReplicationMode = "auto"
	// ReplicationDisabled is without replicas; removing them can take hours.
	ReplicationDisabled ReplicationMode = "disabled"
)

// Jurisdiction restricts where a database runs and stores data. It cannot be
// changed later: https://developers.cloudflare.com/d1/configuration/data-location/
type Jurisdiction string

const (
	// JurisdictionEU is the European Union.
	JurisdictionEU Jurisdiction = "eu"
	// JurisdictionFedRAMP is FedRAMP-compliant data centers.
	JurisdictionFedRAMP Jurisdiction = "fedramp"
)

// Location is a region for a database's primary: a hint, which D1 follows if it
// can. https://developers.cloudflare.com/d1/configuration/data-location/
type Location string

const (
	// WesternNorthAmerica is the hint wnam.
	WesternNorthAmerica Location = "wnam"
	// EasternNorthAmerica is the hint enam.
	EasternNorthAmerica Location = "enam"
	// WesternEurope is the hint weur.
	WesternEurope Location = "weur"
	// EasternEurope is the hint eeur.
	EasternEurope Location = "eeur"
	// AsiaPacific is the hint apac.
	AsiaPacific Location = "apac"
	// Oceania is the hint oc.
	Oceania Location = "oc"
)

// ListOptions selects databases.
type ListOptions struct {
	Name    string // part of the name; "" is all
	PerPage int    // databases per request; 0 is 100; the API may give fewer
}

const defaultPerPage = 100

// List goes through the databases of the account, one request per page, sent when
// its first database is needed. An error ends the list. A database that moves to
// a later page meanwhile, because another one was created, is given once.
func (c *Client) List(ctx context.Context, opts ListOptions) iter.Seq2[Database, error] {
	perPage := opts.PerPage
	if perPage <= 0 {
		perPage = defaultPerPage
	}
	return func(yield func(Database, error) bool) {
		seen := map[string]bool{}
		for page, n := 1, 0; ; page++ {
			query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(perPage)}}
			if opts.Name != "" {
				query.Set("name", opts.Name)
			}
			var list []Database
			info, err := c.call(ctx, reads, api.Request{Method: http.MethodGet, Query: query}, &list)
			if err != nil {
				yield(Database{}, err)
				return
			}
			for _, db := range list {
				if seen[db.UUID] {
					continue
				}
				seen[db.UUID] = true
				if !yield(db, nil) {
					return
				}
			}
			if n += len(list); lastPage(info, len(list), n, perPage) {
				return
			}
		}
	}
}

// lastPage reports whether no page follows one of count databases that is the
// n-th altogether. total_count may include databases that the search leaves out,
// and the API may give smaller pages than asked for.
func lastPage(info *api.ResultInfo, count, n, perPage int) bool {
	switch {
	case count == 0:
		return true
	case info.TotalCount > 0 && n >= info.TotalCount:
		return true
	case info.PerPage > 0:
		return count < info.PerPage
	}
	return info.TotalCount == 0 && count < perPage
}

// CreateOptions says where a new database is.
type CreateOptions struct {
	Jurisdiction Jurisdiction // if set, Location is ignored
	Location     Location     // "" is close to where the request comes from
}

// Create makes an empty database. A name that is taken is an error. It is not
// repeated when no answer came: the error is then d1.ErrOutcomeUnknown, and List
// tells.
func (c *Client) Create(ctx context.Context, name string, opts CreateOptions) (*Database, error) {
	body := struct {
		Name         string       `json:"name"`
		Jurisdiction Jurisdiction `json:"jurisdiction,omitempty"`
		Location     Location     `json:"primary_location_hint,omitempty"`
	}{name, opts.Jurisdiction, opts.Location}
	var db Database
	if _, err := c.call(ctx, changes, api.Request{Method: http.MethodPost, Body: body}, &db); err != nil {
		return nil, err
	}
	return &db, nil
}

// Get describes a database, given by UUID or exact name. One that the account
// lacks is d1.ErrDatabaseNotFound, here and wherever a database is given.
func (c *Client) Get(ctx context.Context, database string) (*Database, error) {
	return c.one(ctx, reads, http.MethodGet, database, nil)
}

// UpdateOptions is what can be changed of a database.
type UpdateOptions struct {
	ReadReplication ReplicationMode // required by Update; "" leaves it as it is in Patch
}

func (o UpdateOptions) body() any {
	var b struct {
		ReadReplication *ReadReplication `json:"read_replication,omitempty"`
	}
	if o.ReadReplication != "" {
		b.ReadReplication = &ReadReplication{o.ReadReplication}
	}
	return b
}

// Update sets all that can be changed of a database, given by UUID or exact name
// (PUT). It gives the database as it is then.
func (c *Client) Update(ctx context.Context, database string, opts UpdateOptions) (*Database, error) {
	if opts.ReadReplication == "" {
		return nil, argumentError("update needs a mode of read replication; Patch leaves out what shall stay")
	}
	return c.one(ctx, sets, http.MethodPut, database, opts.body())
}

// Patch sets what opts names of a database, given by UUID or exact name (PATCH),
// and leaves the rest as it is. It gives the database as it is then.
func (c *Client) Patch(ctx context.Context, database string, opts UpdateOptions) (*Database, error) {
	return c.one(ctx, sets, http.MethodPatch, database, opts.body())
}

// Delete deletes a database, given by UUID or exact name, with all its data and
// history: nothing brings it back. It is not repeated when no answer came.
func (c *Client) Delete(ctx context.Context, database string) error {
	_, err := c.one(ctx, changes, http.MethodDelete, database, nil)
	return err
}

func (c *Client) one(ctx context.Context, a access, method, database string, body any) (*Database, error) {
	if database == "" {
		return nil, argumentError("no database given: want a UUID or a name")
	}
	id, err := c.inside.Find(ctx, database)
	if err != nil {
		return nil, bridge.WrapError(err, true)
	}
	r := api.Request{Method: method, Path: "/" + id, Body: body}
	if method == http.MethodDelete { // its result has no documented form
		_, err := c.call(ctx, a, r, nil)
		return nil, err
	}
	var db Database
	if _, err := c.call(ctx, a, r, &db); err != nil {
		return nil, err
	}
	return &db, nil
}
