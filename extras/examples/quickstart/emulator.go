package main

import (
	"net/http/httptest"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/emulator"
)

// embedded is a D1 inside this program. A program of yours runs the command
// instead (go run github.com/d1go/d1/extras/cmd/d1 emulate), and a test uses
// package d1test.
type embedded struct {
	server *httptest.Server
	api    *emulator.Server
	dsn    string
}

func startEmulator() (*embedded, error) {
	api, err := emulator.New(emulator.Options{})
	if err != nil {
		return nil, err
	}
	const name = "quickstart"
	if _, err := api.CreateDatabase(name); err != nil {
		return nil, err
	}
	e := &embedded{server: httptest.NewServer(api), api: api}
	e.dsn = d1.Config{
		AccountID: "local",
		APIToken:  "local",
		Database:  name,
		Endpoint:  e.server.URL + emulator.BasePath,
	}.FormatDSN()
	return e, nil
}

func (e *embedded) close() {
	e.server.Close()
	_ = e.api.Close()
}
