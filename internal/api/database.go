package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

const (
	listPage = 100   // databases per page, the most the API gives
	maxPages = 1_000 // an account may have 50,000 databases
)

// DatabaseID finds the database of exactly that name. The API searches for
// names that contain it, so all pages are read. No such database is an *Error
// of KindDatabaseNotFound, several one of KindConfig.
func (c *Client) DatabaseID(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", configError("no database name")
	}
	id, seen := "", 0
	for page := 1; page <= maxPages; page++ {
		var list []struct {
			Name string `json:"name"`
			UUID string `json:"uuid"`
		}
		info, err := c.Call(ctx, Request{
			Method:     http.MethodGet,
			Path:       "/d1/database",
			Query:      url.Values{"name": {name}, "page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(listPage)}},
			Idempotent: true,
		}, &list)
		if err != nil {
			return "", err
		}
		for _, database := range list {
			switch {
			case database.Name != name:
			case !isID(database.UUID):
				return "", configError("database %q has the unusable ID %q", name, database.UUID)
			case id != "" && id != database.UUID: // the same one twice is a page that shifted meanwhile
				return "", configError("several databases are named %q (%s, %s): use the ID", name, id, database.UUID)
			default:
				id = database.UUID
			}
		}
		seen += len(list)
		if len(list) == 0 || info.TotalCount > 0 && seen >= info.TotalCount || info.TotalCount == 0 && len(list) < listPage {
			break
		}
	}
	if id == "" {
		e := configError("the account has no database named %q", name)
		e.Kind = KindDatabaseNotFound
		return "", e
	}
	return id, nil
}
