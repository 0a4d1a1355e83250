package workerd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	startTimeout = 60 * time.Second // usually under 2 s
	closeTimeout = 10 * time.Second
	maxStderr    = 64 << 10
)

// Server is one running engine with any number of databases. Its methods may
// be called from several goroutines.
type Server struct {
	URL       string // of the API, ends in /client/v4
	AccountID string
	Token     string // the only one accepted

	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	client *http.Client
	names  atomic.Int64

	closeOnce sync.Once
	closeErr  error
}

// ready is the line the bridge prints when it answers requests.
type ready struct {
	Port      int    `json:"port"`
	AccountID string `json:"accountId"`
	Token     string `json:"token"`
	Miniflare string `json:"miniflare"`
	Workerd   string `json:"workerd"`
}

// Start starts an engine without databases. The context bounds the start
// only; Close ends the engine, as does the end of this process. The error is
// ErrNotInstalled when something has to be installed first.
func Start(ctx context.Context) (*Server, error) {
	node, folder, err := install()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	cmd := exec.Command(node, "bridge.mjs")
	cmd.Dir = folder
	cmd.WaitDelay = closeTimeout
	s := &Server{cmd: cmd, stderr: &tail{}}
	cmd.Stderr = s.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("workerd: %w", err)
	}
	s.stdin = stdin
	// Not StdoutPipe: nothing may block the bridge, and Wait may come early.
	stdout, stdoutWriter, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("workerd: %w", err)
	}
	defer stdout.Close()
	cmd.Stdout = stdoutWriter
	err = cmd.Start()
	stdoutWriter.Close()
	if err != nil {
		return nil, fmt.Errorf("workerd: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { stdout.SetReadDeadline(time.Unix(1, 0)) })
	line, readErr := bufio.NewReader(stdout).ReadBytes('\n')
	stop()
	var r ready
	if readErr == nil {
		readErr = json.Unmarshal(line, &r)
	}
	if readErr != nil {
		s.client = &http.Client{}
		closeErr := s.Close()
		if ctx.Err() != nil {
			readErr = ctx.Err()
		}
		return nil, fmt.Errorf("workerd: the bridge did not start: %w", errors.Join(readErr, closeErr, s.stderr.err()))
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d/client/v4", r.Port)
	s.AccountID, s.Token = r.AccountID, r.Token
	s.client = &http.Client{Transport: &http.Transport{}}
	if r.Miniflare != MiniflareVersion || r.Workerd != WorkerdVersion {
		s.Close()
		return nil, fmt.Errorf("%w: found miniflare %s with workerd %s, want %s with %s: run: npm ci --prefix %s",
			ErrNotInstalled, r.Miniflare, r.Workerd, MiniflareVersion, WorkerdVersion, folder)
	}
	return s, nil
}

// Close ends the engine and removes its databases. It may be called again.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.client.CloseIdleConnections()
		s.stdin.Close() // the bridge ends when its input does
		kill := time.AfterFunc(closeTimeout, func() { s.cmd.Process.Kill() })
		defer kill.Stop()
		if err := s.cmd.Wait(); err != nil {
			s.closeErr = fmt.Errorf("workerd: the bridge ended badly: %w", errors.Join(err, s.stderr.err()))
		}
	})
	return s.closeErr
}

// CreateDatabase makes an empty database. An empty name stands for a new one.
func (s *Server) CreateDatabase(ctx context.Context, name string) (id string, err error) {
	if name == "" {
		name = fmt.Sprintf("test-%d", s.names.Add(1))
	}
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return "", err
	}
	var created struct {
		Result struct {
			UUID string `json:"uuid"`
		} `json:"result"`
	}
	if err := s.do(ctx, http.MethodPost, "", body, &created); err != nil {
		return "", err
	}
	return created.Result.UUID, nil
}

// DeleteDatabase makes a database unreachable; its memory and disk space come
// back with Close.
func (s *Server) DeleteDatabase(ctx context.Context, id string) error {
	return s.do(ctx, http.MethodDelete, "/"+id, nil, nil)
}

// DSN returns the data source name of a database, given its id or its name.
func (s *Server) DSN(database string) string {
	u := url.URL{
		Scheme:   "d1",
		User:     url.UserPassword(s.AccountID, s.Token),
		Host:     database,
		RawQuery: url.Values{"endpoint": {s.URL}}.Encode(),
	}
	return u.String()
}

func (s *Server) do(ctx context.Context, method, path string, body []byte, answer any) error {
	address := s.URL + "/accounts/" + s.AccountID + "/d1/database" + path
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("workerd: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("workerd: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("workerd: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("workerd: %s %s: %s: %s", method, address, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("workerd: %w", err)
	}
	return nil
}

// tail keeps the end of what the bridge says on standard error.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - maxStderr; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(string(t.text)); text != "" {
		return errors.New(text)
	}
	return nil
}
