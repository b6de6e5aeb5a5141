package attention

import "outreach/internal/table"

func attentionKey(project string) table.Key {
	return table.Key{PK: "ATTENTION#" + project, SK: "NOTED"}
}
