package snapshots

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"sync"

	"outreach/internal/objects"
	"outreach/internal/snapshot"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Lists are what a project's snapshots are listed by, and what was published, as an archive has it.
type Lists struct {
	Latest       map[string]string `json:"latest"`             // the id of the newest snapshot by its day
	Chain        json.RawMessage   `json:"chain,omitempty"`    // the end of the chain of approved snapshots
	Published    []json.RawMessage `json:"published"`          // what the public was shown of each snapshot
	Publications json.RawMessage   `json:"numbered,omitempty"` // the number of the last publication
}

// All iterates over the items of all snapshots in the order of their ids. It ends after the first error.
func (s *Store) All(ctx context.Context, project string) iter.Seq2[Kept, error] {
	return table.Values[Kept](ctx, s.Tracker, table.Query{PK: Partition(project)})
}

// ArchiveLists reads the lists of a project.
func (s *Store) ArchiveLists(ctx context.Context, project string) (Lists, error) {
	l := Lists{Latest: map[string]string{}}
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: latestPartition(project)}) {
		if err != nil {
			return l, err
		}
		if l.Latest[it.SK], err = table.Decode[string](it); err != nil {
			return l, err
		}
	}
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: publicationsPartition(project)}) {
		if err != nil {
			return l, err
		}
		l.Published = append(l.Published, it.Data)
	}
	found, err := s.Tracker.Get(ctx, chainKey(project), publicationsKey(project))
	l.Chain, l.Publications = found[chainKey(project)].Data, found[publicationsKey(project)].Data
	return l, err
}

// RestoreLists returns the operations that store the lists of a project.
func RestoreLists(project string, l Lists) ([]table.Op, error) {
	var ops []table.Op
	for day, id := range l.Latest {
		ops = append(ops, table.PutJSON(latestKey(project, day), id, table.Always))
	}
	for _, data := range l.Published {
		var p publication
		if err := json.Unmarshal(data, &p); err != nil {
			return nil, err
		}
		ops = append(ops, table.PutJSON(publicationKey(project, p.Snapshot), p, table.Always))
	}
	if len(l.Chain) > 0 {
		var last link
		if err := json.Unmarshal(l.Chain, &last); err != nil {
			return nil, err
		}
		ops = append(ops, table.PutJSON(chainKey(project), last, table.Always))
	}
	if len(l.Publications) > 0 {
		var all publications
		if err := json.Unmarshal(l.Publications, &all); err != nil {
			return nil, err
		}
		ops = append(ops, table.PutJSON(publicationsKey(project), all, table.Always))
	}
	return ops, nil
}

// Restore returns the operations that store the item of a snapshot of an archive, whose note is sealed anew.
func Restore(project string, k Kept) []table.Op {
	k.Moved = true
	ops := []table.Op{table.PutJSON(snapshotKey(project, k.ID), k, table.Always)}
	if k.State == snapshot.Approved {
		ops = append(ops, table.PutJSON(approvedKey(project, k.AsOf, k.ID), k.ID, table.Always))
	}
	return ops
}

// objectName is what an object of a snapshot is named below the project's own.
var objectName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{26}/(snapshot|evidence|salts)\.json|[0-9A-HJKMNP-TV-Z]{26}/evidence/[^/]{1,100}/[0-9]{6}\.json|evidence/[0-9a-f]{64}\.(json|leaves|salts))$`)
})

// EachObject calls each with the name, below the project's own, and the size of every object of its snapshots, in the
// order of names, but for salts.
func (s *Store) EachObject(ctx context.Context, project string, each func(name string, size int64) error) error {
	root := "snapshots/" + project + "/"
	return s.Objects.List(ctx, root, func(o objects.Info) error {
		name := strings.TrimPrefix(o.Key, root)
		if !objectName().MatchString(name) || isSalts(name) {
			return nil
		}
		return each(name, o.Size)
	})
}

func isSalts(name string) bool {
	return strings.HasSuffix(name, ".salts") || strings.HasSuffix(name, "/salts.json")
}

// OpenObject opens an object that EachObject named.
func (s *Store) OpenObject(ctx context.Context, project, name string) (io.ReadCloser, error) {
	body, _, err := s.Objects.Open(ctx, "snapshots/"+project+"/"+name, "")
	return body, err
}

// RestoreObject stores an object of an archive. It fails where the name is none, and where a name that has a hash is
// not that of the content.
func (s *Store) RestoreObject(ctx context.Context, project, name string, content []byte) error {
	if err := CheckObject(name, content); err != nil {
		return err
	}
	return s.Objects.Put(ctx, "snapshots/"+project+"/"+name, bytes.NewReader(content), "application/octet-stream")
}

// CheckObject returns an error if no object of a snapshot has the name, or one with another content.
func CheckObject(name string, content []byte) error {
	if !objectName().MatchString(name) {
		return fmt.Errorf("%q is no object of a snapshot", name)
	}
	hash, named := strings.CutPrefix(name, "evidence/")
	if hash, _, _ = strings.Cut(hash, "."); named && !isSalts(name) && sum(content) != hash {
		return fmt.Errorf("%s has another content", name)
	}
	return nil
}

// Salts of the evidence of a snapshot that another tracker made follow from that tracker's secret. They are stored: of
// a part beside it, one after the other, and of the changes in the index in one object.

func partSalts(hash string) string { return "evidence/" + hash + ".salts" }

func changeSalts(id string) string { return id + "/salts.json" }

const saltBytes = 16

// ArchiveSalts calls each with the name and content of the salts of a snapshot: those of its parts unless had has them,
// which it adds to, and those of its changes. It does nothing for a snapshot that is not sealed.
func (s *Store) ArchiveSalts(ctx context.Context, k Kept, had map[string]bool, each func(name string, content []byte) error) error {
	if k.Root == "" {
		return nil
	}
	var index Index
	if err := s.getJSON(ctx, evidenceIndex(k.Project, k.ID), k.Index, &index); err != nil {
		return err
	}
	changed := map[string]string{}
	for _, code := range index.codes() {
		in, err := s.readEvidence(ctx, k, code)
		if err != nil {
			return err
		}
		for n, hash := range index.Figures[code].Parts {
			if had[hash] {
				continue
			}
			had[hash] = true
			rows, err := in.read(ctx, n)
			if err != nil {
				return err
			}
			if err := each(partSalts(hash), s.salts(k.Project, rows)); err != nil {
				return err
			}
		}
		var rows []snapshot.Counted
		for _, c := range in.changes {
			if c.Row != nil {
				rows = append(rows, *c.Row)
			}
		}
		if len(rows) > 0 {
			changed[code] = hex.EncodeToString(s.salts(k.Project, rows))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	content, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	return each(changeSalts(k.ID), content)
}

func (s *Store) salts(project string, rows []snapshot.Counted) []byte {
	out := make([]byte, 0, saltBytes*len(rows))
	for _, r := range rows {
		salt, _ := hex.DecodeString(s.Salt(project, r)) // it is hexadecimal
		out = append(out, salt...)
	}
	return out
}

// salted sets the stored salts of records. It fails with store.ErrDamaged unless there is one for each.
func salted(rows []snapshot.Counted, salts []byte) error {
	if len(salts) != saltBytes*len(rows) {
		return fmt.Errorf("%d bytes of salts for %d records: %w", len(salts), len(rows), store.ErrDamaged)
	}
	for i := range rows {
		rows[i].Salt = hex.EncodeToString(salts[saltBytes*i:][:saltBytes])
	}
	return nil
}

// moved makes a reader of the evidence of a snapshot that another tracker made set the stored salts.
func (s *Store) moved(ctx context.Context, k Kept, code string, parts []string, in *reader) error {
	root, read := "snapshots/"+k.Project+"/", in.read
	in.read = func(ctx context.Context, part int) ([]snapshot.Counted, error) {
		rows, err := read(ctx, part)
		if err != nil {
			return nil, err
		}
		salts, err := s.get(ctx, root+partSalts(parts[part]), "")
		if err != nil {
			return nil, err
		}
		return rows, salted(rows, salts)
	}
	var rows []snapshot.Counted
	for _, c := range in.changes {
		if c.Row != nil {
			rows = append(rows, *c.Row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	changed := map[string]string{}
	if err := s.getJSON(ctx, root+changeSalts(k.ID), "", &changed); err != nil {
		return err
	}
	salts, _ := hex.DecodeString(changed[code]) // what is not hexadecimal is too short
	if err := salted(rows, salts); err != nil {
		return err
	}
	for i, n := 0, 0; i < len(in.changes); i++ {
		if in.changes[i].Row != nil {
			in.changes[i].Row = &rows[n]
			n++
		}
	}
	return nil
}

// EvidenceRootOf returns the root that the evidence of a snapshot has, given what was counted anew: of one that another
// tracker made with the salts that are stored with the same records.
func (s *Store) EvidenceRootOf(ctx context.Context, k Kept, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) string {
	if !k.Moved {
		return s.EvidenceRoot(k.Project, codes, evidence)
	}
	return s.EvidenceRoot(k.Project, codes, func(code string) iter.Seq[snapshot.Counted] {
		return func(yield func(snapshot.Counted) bool) {
			stored, stop := iter.Pull2(s.AllEvidence(ctx, k, code))
			defer stop()
			for r := range evidence(code) {
				if other, err, more := stored(); more && err == nil && string(other.Canonical(nil, "")) == string(r.Canonical(nil, "")) {
					r.Salt = other.Salt
				}
				if !yield(r) {
					return
				}
			}
		}
	})
}
