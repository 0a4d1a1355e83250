package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCall(t *testing.T) {
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		require.Equal(t, "Bearer "+testToken, r.Header.Get("Authorization"))
		result, _ := json.Marshal(map[string]string{
			"request": r.Method + " " + r.URL.String(), "body": string(body), "type": r.Header.Get("Content-Type"),
		})
		answerWith(w, http.StatusAccepted, fmt.Sprintf(
			`{"result":%s,"success":true,"errors":[],"messages":[],"result_info":{"page":2,"per_page":3,"count":1,"total_count":4,"more":1}}`, result))
	})
	c, _ := newClient(t, server.URL+"/client/v4")
	prefix := "/client/v4/accounts/" + testAccount
	for _, test := range []struct {
		request Request
		want    map[string]string
	}{
		{Request{Method: "GET", Path: "/d1/database", Query: map[string][]string{"name": {"a&b=ü"}}},
			map[string]string{"request": "GET " + prefix + "/d1/database?name=a%26b%3D%C3%BC", "body": "", "type": ""}},
		{Request{Method: "POST", Path: "/d1/database", Body: map[string]any{"name": "<&>"}},
			map[string]string{"request": "POST " + prefix + "/d1/database", "body": `{"name":"<&>"}`, "type": "application/json"}},
		{Request{Method: "POST", Path: "/d1/database/x/time_travel/restore"},
			map[string]string{"request": "POST " + prefix + "/d1/database/x/time_travel/restore", "body": "", "type": ""}},
		{Request{Method: "DELETE", Path: "/d1/database/x"},
			map[string]string{"request": "DELETE " + prefix + "/d1/database/x", "body": "", "type": ""}},
	} {
		var got map[string]string
		info, err := c.Call(t.Context(), test.request, &got)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
		require.Equal(t, &ResultInfo{Status: 202, Page: 2, PerPage: 3, Count: 1, TotalCount: 4}, info)
	}
	require.EqualValues(t, 1, server.conns.Load())
}

func TestCallRefusesArguments(t *testing.T) {
	c, _ := newClient(t, "http://localhost:1")
	for _, path := range []string{"", "/", "d1", "/d1/", "/d1//x", "/../x", "/d1/%2e%2e", "/d1?x=y", "/d1#x", "/d 1", "/é"} {
		_, err := c.Call(t.Context(), Request{Method: "GET", Path: path}, nil)
		require.Equal(t, KindConfig, failed(t, err).Kind, path)
	}
	_, err := c.Call(t.Context(), Request{Method: "POST", Path: "/d1", Body: make(chan int)}, nil)
	require.Equal(t, KindConfig, failed(t, err).Kind)
	var kind *json.UnsupportedTypeError
	require.ErrorAs(t, err, &kind)
}

func TestCallResult(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		kind Kind // 0 is success
	}{
		"null":       {`{"result":null,"success":true,"errors":[],"messages":[]}`, 0},
		"none":       {`{"success":true}`, 0},
		"wrong type": {`{"result":{"a":"x"},"success":true}`, KindProtocol},
		"too large":  {`{"success":true,"result":{"b":"` + strings.Repeat("x", maxCallBody) + `"}}`, KindProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			server := scripted(t, respond(200, test.body))
			c, _ := newClient(t, server.URL)
			var out struct{ A int }
			_, err := c.Call(t.Context(), Request{Method: "GET", Path: "/x"}, &out)
			if test.kind == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, test.kind, failed(t, err).Kind, err)
		})
	}
}

func TestDatabaseID(t *testing.T) {
	type database struct {
		Name string `json:"name"`
		UUID string `json:"uuid"`
	}
	many := func(n int) (list []database) {
		for i := range n {
			list = append(list, database{fmt.Sprintf("shop-%d", i), fmt.Sprintf("id-%d", i)})
		}
		return list
	}
	for name, test := range map[string]struct {
		databases []database
		noTotal   bool
		id        string
		kind      Kind
		requests  int64
	}{
		"only":                    {databases: []database{{"shop", "a"}}, id: "a", requests: 1},
		"among others":            {databases: []database{{"shop-old", "b"}, {"shop", "a"}, {"SHOP", "c"}}, id: "a", requests: 1},
		"on the third page":       {databases: append(many(250), database{"shop", "a"}), id: "a", requests: 3},
		"at the end of a page":    {databases: append(many(199), database{"shop", "a"}), id: "a", requests: 2},
		"without total":           {databases: append(many(250), database{"shop", "a"}), noTotal: true, id: "a", requests: 3},
		"end of a page, no total": {databases: append(many(199), database{"shop", "a"}), noTotal: true, id: "a", requests: 3},
		"none":                    {kind: KindDatabaseNotFound, requests: 1},
		"only similar":            {databases: many(120), kind: KindDatabaseNotFound, requests: 2},
		"two":                     {databases: append(append([]database{{"shop", "a"}}, many(150)...), database{"shop", "b"}), kind: KindConfig, requests: 2},
		"the same one twice":      {databases: append(append([]database{{"shop", "a"}}, many(99)...), database{"shop", "a"}), id: "a", requests: 2},
		"no ID":                   {databases: []database{{"shop", ""}}, kind: KindConfig, requests: 1},
		"odd ID":                  {databases: []database{{"shop", "a/../b"}}, kind: KindConfig, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "/accounts/"+testAccount+"/d1/database", r.URL.Path)
				require.Equal(t, "shop", r.URL.Query().Get("name"))
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
				start := min((page-1)*size, len(test.databases))
				result, _ := json.Marshal(append([]database{}, test.databases[start:min(start+size, len(test.databases))]...))
				total := len(test.databases)
				if test.noTotal {
					total = 0
				}
				answerWith(w, 200, fmt.Sprintf(`{"result":%s,"success":true,"errors":[],"messages":[],"result_info":{"page":%d,"total_count":%d}}`, result, page, total))
			})
			c, _ := newClient(t, server.URL)
			id, err := c.DatabaseID(t.Context(), "shop")
			require.Equal(t, test.requests, server.requests.Load())
			require.Equal(t, test.id, id)
			if test.kind == 0 {
				require.NoError(t, err)
				return
			}
			require.Equal(t, test.kind, failed(t, err).Kind)
			require.ErrorContains(t, err, `"shop"`)
			require.Equal(t, OutcomeNotRun, failed(t, err).Outcome)
		})
	}
	c, _ := newClient(t, "http://localhost:1")
	_, err := c.DatabaseID(t.Context(), "")
	require.Equal(t, KindConfig, failed(t, err).Kind)
}

func TestDatabaseIDRepeatsAndFails(t *testing.T) {
	server := scripted(t, respond(500, ""), respond(401, `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`))
	c, _ := newClient(t, server.URL)
	_, err := c.DatabaseID(t.Context(), "shop")
	require.Equal(t, KindAuth, failed(t, err).Kind)
	require.EqualValues(t, 2, server.requests.Load())
}
