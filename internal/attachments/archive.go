package attachments

import (
	"context"
	"iter"
	"strings"

	"outreach/internal/objects"
	"outreach/internal/table"
)

// Archived is an attachment with the name of its file, as an archive has it.
type Archived struct {
	Attachment Attachment `json:"attachment"`
	Filename   string     `json:"filename,omitempty"`
}

// Archive iterates over the attachments of a project whose files are there, in the order of their ids, and those with
// further ids, such as records name whose files were removed. It ends after the first error.
func (s *Store) Archive(ctx context.Context, project string, further []string) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		seen := map[string]bool{}
		var ids []string
		err := s.Objects.List(ctx, prefix(project), func(o objects.Info) error {
			ids = append(ids, strings.TrimPrefix(o.Key, prefix(project)))
			return nil
		})
		for _, id := range append(ids, further...) {
			if seen[id] || err != nil {
				continue
			}
			seen[id] = true
			var a Attachment
			if a, err = s.load(ctx, project, id); err != nil {
				break
			}
			if a.rev == 0 {
				continue
			}
			one := Archived{Attachment: a}
			if one.Filename, _, err = table.Load[string](ctx, s.People, nameKey(project, id)); err == nil && !yield(one, nil) {
				return
			}
		}
		if err != nil {
			yield(Archived{}, err)
		}
	}
}

// Restore returns the operations that store an attachment of an archive: on the people table and on the tracker table.
func Restore(project string, a Archived) (private, tracker []table.Op) {
	op := put(project, a.Attachment)
	op.If = table.Always
	if a.Filename != "" {
		private = append(private, table.PutJSON(nameKey(project, a.Attachment.ID), a.Filename, table.Always))
	}
	return private, []table.Op{op}
}
