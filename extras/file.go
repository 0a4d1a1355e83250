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
// the dump is complete: on failure nothing is left behind. Of a symbolic link, that
// is the file it leads to. A pipe or device is written to, as by Export.
func (c *Client) ExportFile(ctx context.Context, path string, opts ExportOptions) (*ExportResult, error) {
	mode := fs.FileMode(0o600)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fileError(err)
	case !info.Mode().IsRegular():
		return c.exportInto(ctx, path, opts)
	default:
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fileError(err)
		}
	}
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
	if err := file.Chmod(mode); err != nil {
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

// exportInto writes to what is no regular file and so must not be replaced by one:
// /dev/null, say. A folder is an error before D1 is asked.
func (c *Client) exportInto(ctx context.Context, path string, opts ExportOptions) (*ExportResult, error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fileError(err)
	}
	result, err := c.Export(ctx, file, opts)
	if closing := file.Close(); err == nil && closing != nil {
		return nil, fileError(closing)
	}
	return result, err
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
