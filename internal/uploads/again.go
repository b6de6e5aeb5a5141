package uploads

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"outreach/internal/objects"
	"outreach/internal/store"
)

// ErrNoOriginal is the error if the object of an upload does not exist any more, or has other bytes.
var ErrNoOriginal = errors.New("the original is no longer there")

// mostOriginal bounds what is copied of an original, in bytes: no larger file is read.
const mostOriginal = 50 << 20

// Original copies the original of an upload to a temporary file, which the caller discards. ErrNoOriginal if it is not
// the file that was ingested.
func (s *Store) Original(ctx context.Context, u Upload) (*os.File, error) {
	body, _, err := s.Objects.Open(ctx, u.Object, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil, ErrNoOriginal
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	file, err := os.CreateTemp(s.Folder, "original-")
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, mostOriginal+1))
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != u.SHA256 {
		err = ErrNoOriginal
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		Discard(file)
		return nil, err
	}
	return file, nil
}

// Discard closes and removes a temporary file.
func Discard(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}

// SendAgain copies the original of an upload to a new one, u, which is ingested like any other. The new one has the
// owner, the file's name and the size of the first. A repeated request returns the new upload; store.ErrOtherBody if
// its body differs. ErrNoOriginal if the file is no longer there.
func (s *Store) SendAgain(ctx context.Context, project string, of, u Upload, once store.Once) (Upload, error) {
	file, err := s.Original(ctx, of)
	if err != nil {
		return Upload{}, err
	}
	defer Discard(file)
	u.Owner, u.Filename, u.Size = of.Owner, of.Filename, of.Bytes
	if u, err = s.CreateUpload(ctx, project, u, once); err != nil {
		return u, err
	}
	// An earlier request with the same idempotency key may have put the object.
	if u, err = s.Upload(ctx, project, u.ID); err != nil || !u.Arrived.IsZero() {
		return u, err
	}
	return u, s.Objects.Put(ctx, u.Object, file, "application/octet-stream")
}
