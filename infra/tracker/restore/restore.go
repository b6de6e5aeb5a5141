package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"outreach/internal/app"
	"outreach/internal/people"
	"outreach/internal/snapshots/compile"
)

// restore continues after the tables have been restored.
type restore struct {
	live, restored *app.App
	snapshots      int
	dry            bool
	out            io.Writer
}

// run repeats later erasures, then recomputes snapshots. It fails if a hash differs although no one was erased since.
func (r restore) run(ctx context.Context) error {
	projects, err := r.restored.Projects.Projects(ctx)
	if err != nil {
		return err
	}
	wrong := 0
	for _, project := range projects {
		if err := r.replay(ctx, project); err != nil {
			return fmt.Errorf("project %s: %w", project, err)
		}
		n, err := r.verify(ctx, project)
		if err != nil {
			return fmt.Errorf("project %s: %w", project, err)
		}
		wrong += n
	}
	if wrong > 0 {
		return fmt.Errorf("%d snapshots differ, although nobody was erased since", wrong)
	}
	return nil
}

// replay repeats the erasures of the live ledger in the restored tables, for people who are in them again.
func (r restore) replay(ctx context.Context, project string) error {
	ledger, err := r.live.Privacy.Erasures(ctx, project)
	if err != nil {
		return err
	}
	slices.SortFunc(ledger, func(a, b people.Erasure) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Fresh, b.Fresh)) })
	again := 0
	for _, e := range ledger {
		there, err := r.restored.People.Remains(ctx, project, e)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		again++
		if r.dry {
			continue
		}
		if err := r.restored.Privacy.ReplayErasure(ctx, project, e); err != nil {
			return fmt.Errorf("erasure %s: %w", e.Fresh, err)
		}
	}
	if !r.dry {
		if err := r.restored.Privacy.FinishErasures(ctx, project); err != nil {
			return err
		}
	}
	verb := "erased again"
	if r.dry {
		verb = "to erase again"
	}
	fmt.Fprintf(r.out, "%s: %d erasures in the ledger, %d %s\n", project, len(ledger), again, verb)
	return nil
}

// verify recomputes the newest snapshots, and returns how many differ without a reason.
func (r restore) verify(ctx context.Context, project string) (wrong int, err error) {
	newest, err := r.restored.Snapshots.Snapshots(ctx, project, "", r.snapshots, "")
	if err != nil {
		return 0, err
	}
	for _, kept := range newest.Items {
		v, err := compile.New(r.restored).Verify(ctx, kept)
		if err != nil {
			// The input of this snapshot is missing; others may be complete.
			fmt.Fprintf(r.out, "%s: %s %s %s: NOT COMPUTED: %v\n", project, kept.AsOf, kept.ID, kept.State, errors.Unwrap(err))
			wrong++
			continue
		}
		verdict := "the same"
		switch {
		case !v.Same && len(v.Erasures) > 0:
			verdict = fmt.Sprintf("differs, as is to be expected: people erased since: %d", len(v.Erasures))
		case !v.Same:
			verdict = "DIFFERS: computed " + v.Computed
			wrong++
		}
		fmt.Fprintf(r.out, "%s: %s %s %s: %s: %s\n", project, kept.AsOf, kept.ID, kept.State, v.Hash, verdict)
	}
	return wrong, nil
}
