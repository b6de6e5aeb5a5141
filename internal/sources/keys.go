package sources

import (
	"fmt"

	"outreach/internal/table"
)

// Partition is the partition of a project's sources that are in force, sorted by id.
func Partition(project string) string { return "SOURCES#" + project }

func sourceKey(project, id string) table.Key { return table.Key{PK: Partition(project), SK: id} }

// versionKey is the key of a version, which stays once the source is taken away.
func versionKey(project, id string, version int) table.Key {
	return table.Key{PK: "SOURCE#" + project + "#" + id, SK: fmt.Sprintf("VERSION#%06d", version)}
}

// lastKey is the key of the number of a source's last version, which stays, too.
func lastKey(project, id string) table.Key {
	return table.Key{PK: "SOURCE#" + project + "#" + id, SK: "LAST"}
}

// secretsKey is the key of the secrets of a source's hook.
func secretsKey(project, id string) table.Key {
	return table.Key{PK: "SOURCE#" + project + "#" + id, SK: "SECRETS"}
}
