package memory_test

import (
	"testing"

	"outreach/internal/table"
	"outreach/internal/table/memory"
	"outreach/internal/table/tabletest"
)

func TestMemoryBehavesAsATable(t *testing.T) {
	t.Parallel()
	tabletest.Run(t, func(*testing.T) table.Table { return &memory.Table{} })
}
