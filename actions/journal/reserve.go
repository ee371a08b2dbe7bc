package journal

import (
	"bytes"
	"errors"
	"os"
)

// reserve is a file that holds space for what must still be written on a full
// disk. On file systems that copy on write it may not free what it holds; a
// second directory (Options.Fallback) helps there.
type reserve struct {
	path string
	size int64
}

// reserveSize is the size of the reserve in bytes, hundreds of outcomes.
const reserveSize = 1 << 20

// ensure makes the reserve if it is not there, whole. Its bytes are no zeros,
// which a file system need not store.
func (r reserve) ensure() error {
	if info, err := os.Lstat(r.path); err == nil && info.Mode().IsRegular() && info.Size() == r.size {
		return nil
	}
	if err := r.release(); err != nil {
		return err
	}
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(bytes.Repeat([]byte("stemetop keeps this for its journal\n"), int(r.size)/36+1)[:r.size])
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, r.release())
	}
	return nil
}

// release frees the space.
func (r reserve) release() error {
	err := os.Remove(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
