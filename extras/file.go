package extras

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/d1go/d1/internal/api"
)

// ExportFile is Export to a file, which is replaced, or made with mode 0600, once
// the dump is complete: on failure nothing is left behind.
func (c *Client) ExportFile(ctx context.Context, path string, opts ExportOptions) (*ExportResult, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // beside path, so that it can be renamed
	if err != nil {
		return nil, fileError(err)
	}
	defer func() {
		if file != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	if info, err := os.Stat(path); err == nil {
		err = file.Chmod(info.Mode().Perm())
		if err != nil {
			return nil, fileError(err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fileError(err)
	}
	w := bufio.NewWriterSize(file, 256<<10)
	result, err := c.Export(ctx, w, opts)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.Flush(), file.Sync(), file.Close()); err != nil {
		return nil, fileError(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return nil, fileError(err)
	}
	file = nil
	return result, nil
}

// ImportFile is Import from a file.
func (c *Client) ImportFile(ctx context.Context, path string, opts ImportOptions) (*ImportResult, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fileError(err)
	}
	defer file.Close()
	return c.Import(ctx, file, opts)
}

func fileError(err error) error {
	return fail(api.KindTransport, api.OutcomeNotRun, err, "%v", err)
}
