package uploads

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"

	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// Pack reads one pack of the rows of an upload of a kind. It fails if there is none.
func (s *Store) Pack(ctx context.Context, project, upload, kind string, pack int) (fact.Pack, error) {
	rows, rev, err := s.pack(ctx, packKey(project, upload, pack), kind)
	if err == nil && rev == 0 {
		err = fmt.Errorf("upload %s: pack %d is missing", upload, pack)
	}
	return rows, err
}

// pack reads an item of packed rows of a kind. The revision is 0 if there is none.
func (s *Store) pack(ctx context.Context, key table.Key, kind string) (rows fact.Pack, rev int64, err error) {
	found, err := s.Tracker.Get(ctx, key)
	it, there := found[key]
	if err != nil || !there {
		return rows, 0, err
	}
	rows, err = fact.ReadPack(it.Data, kind)
	return rows, it.Rev, err
}

// packsTogether is the number of packs in one read: a few MB.
const packsTogether = 8

// Lines iterates over the rows of an upload of a kind, in the order of the file, their values in the order of the
// kind's fields. It ends after the first error.
func (s *Store) Lines(ctx context.Context, project string, kind *schema.Kind, u Upload) iter.Seq2[fact.Line, error] {
	return func(yield func(fact.Line, error) bool) {
		for first := 0; first < u.Packs; first += packsTogether {
			var keys []table.Key
			for pack := first; pack < min(first+packsTogether, u.Packs); pack++ {
				keys = append(keys, packKey(project, u.ID, pack))
			}
			found, err := s.Tracker.Get(ctx, keys...)
			if err != nil {
				yield(fact.Line{}, err)
				return
			}
			for _, key := range keys {
				it, there := found[key]
				if !there {
					yield(fact.Line{}, fmt.Errorf("upload %s: pack %s is missing", u.ID, key.SK))
					return
				}
				rows, err := fact.ReadPack(it.Data, kind.Name)
				if err != nil {
					yield(fact.Line{}, err)
					return
				}
				for _, l := range rows.In(kind) {
					if !yield(l, nil) {
						return
					}
				}
			}
		}
	}
}

// Fingerprint identifies a row by key and content: the keyed hashes of its natural key, and of its other values.
type Fingerprint struct {
	Schema  int // the version of the schema by which Content was made: contents of two versions cannot be compared
	Natural [16]byte
	Content [8]byte
}

const (
	packBytes        = 300_000
	fingerprintBytes = 24
	packFingerprints = packBytes / fingerprintBytes
	packWriters      = 4
)

// Packer writes the rows of an upload, many to an item. Writing the same rows twice writes the same items. It is not
// safe for concurrent use.
type Packer struct {
	store            *Store
	project, upload  string
	head             []byte // the JSON of a pack before its lines
	group            *errgroup.Group
	ctx              context.Context
	data             []byte // of the next pack, nil while it has no lines
	line             []byte // the last line
	fingerprints     []byte
	texts            map[int]map[string]string
	textSize         int
	Packs            int
	fingerprintPacks int
	textPacks        int
}

// Packer returns a Packer for the rows of an upload of a kind. It must be closed.
func (s *Store) Packer(ctx context.Context, project, upload string, kind *schema.Kind) *Packer {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(packWriters)
	return &Packer{store: s, project: project, upload: upload, head: packHead(kind), group: group, ctx: ctx, texts: map[int]map[string]string{}}
}

// packHead returns the JSON of a pack up to its first line.
func packHead(kind *schema.Kind) []byte {
	empty := fact.NewPack(kind)
	empty.Lines = []fact.Line{}
	encoded, err := json.Marshal(empty)
	if err != nil {
		panic(err) // it is plain data
	}
	return bytes.TrimSuffix(encoded, []byte("]}"))
}

// Add appends the next row, its fingerprint, and its private texts, where there are any to keep. It fails once a write
// has failed.
func (p *Packer) Add(line fact.Line, fingerprint Fingerprint, texts map[string]string) error {
	p.line = line.AppendJSON(p.line[:0])
	if p.data != nil && len(p.data)-len(p.head)+len(p.line)+2 > packBytes {
		p.flushLines()
	}
	if p.data == nil {
		p.data = append(make([]byte, 0, len(p.head)+packBytes+2), p.head...)
	} else {
		p.data = append(p.data, ',')
	}
	p.data = append(p.data, p.line...)
	if len(p.fingerprints) == 0 {
		p.fingerprints = append(p.fingerprints, schema.SchemaVersion)
	}
	if len(p.fingerprints) == 1+packFingerprints*fingerprintBytes {
		p.flushFingerprints()
		p.fingerprints = append(p.fingerprints, schema.SchemaVersion)
	}
	p.fingerprints = append(append(p.fingerprints, fingerprint.Natural[:]...), fingerprint.Content[:]...)
	if len(texts) > 0 {
		p.texts[line.Row] = texts
		for name, text := range texts {
			p.textSize += len(name) + len(text) + 20
		}
		if p.textSize > packBytes/2 {
			p.flushTexts()
		}
	}
	return p.ctx.Err()
}

// Close writes the remaining rows and waits until all rows are stored. It returns the first error of any write.
func (p *Packer) Close() error {
	p.flushLines()
	p.flushFingerprints()
	p.flushTexts()
	return p.group.Wait()
}

func (p *Packer) flushLines() {
	if p.data == nil {
		return
	}
	p.put(p.store.Tracker, packKey(p.project, p.upload, p.Packs), append(p.data, "]}"...))
	p.data, p.Packs = nil, p.Packs+1
}

func (p *Packer) flushFingerprints() {
	if len(p.fingerprints) == 0 {
		return
	}
	p.put(p.store.Tracker, keyPackKey(p.project, p.upload, p.fingerprintPacks), p.fingerprints)
	p.fingerprints, p.fingerprintPacks = nil, p.fingerprintPacks+1
}

func (p *Packer) flushTexts() {
	if len(p.texts) == 0 {
		return
	}
	data, err := json.Marshal(p.texts)
	if err != nil {
		p.group.Go(func() error { return err })
		return
	}
	p.put(p.store.People, people.TextKey(p.project, p.upload, p.textPacks), data)
	p.texts, p.textSize, p.textPacks = map[int]map[string]string{}, 0, p.textPacks+1
}

func (p *Packer) put(t table.Table, key table.Key, data []byte) {
	p.group.Go(func() error {
		return t.Write(p.ctx, table.Op{Verb: table.Put, Item: table.Item{Key: key, Data: data}})
	})
}

// Fingerprints calls each for the fingerprint of every row of an upload, in the order of the file.
func (s *Store) Fingerprints(ctx context.Context, project, upload string, each func(Fingerprint)) error {
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: keyPackKey(project, upload, 0).PK}) {
		if err != nil {
			return err
		}
		// The first byte is the version of the schema; version 0 had none.
		data, version := it.Data, 0
		if len(data)%fingerprintBytes == 1 {
			data, version = data[1:], int(data[0])
		}
		for ; len(data) >= fingerprintBytes; data = data[fingerprintBytes:] {
			each(Fingerprint{Schema: version, Natural: [16]byte(data), Content: [8]byte(data[16:])})
		}
	}
	return nil
}

// RowTexts reads the private texts of an upload, by row and field.
func (s *Store) RowTexts(ctx context.Context, project, upload string) (map[int]map[string]string, error) {
	out := map[int]map[string]string{}
	for texts, err := range table.Values[map[int]map[string]string](ctx, s.People, table.Query{PK: people.TextKey(project, upload, 0).PK}) {
		if err != nil {
			return nil, err
		}
		maps.Copy(out, texts)
	}
	return out, nil
}
