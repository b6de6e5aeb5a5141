package projects

import (
	"fmt"

	"outreach/internal/table"
)

func projectKey(project string) table.Key { return table.Key{PK: "PROJECTS", SK: project} }

func definitionKey(project string) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: "CURRENT"}
}

func definitionVersionKey(project string, version int) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: fmt.Sprintf("VERSION#%06d", version)}
}

func definitionTextKey(project string, version int) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: fmt.Sprintf("YAML#%06d", version)}
}

// programmeKey is the key of the item by which a project belongs to a programme.
func programmeKey(programme, project string) table.Key {
	return table.Key{PK: "PROGRAMME#" + programme, SK: project}
}

// importKey is the key of the item of a project that is being imported from an archive.
func importKey(project string) table.Key {
	return table.Key{PK: "DEFINITION#" + project, SK: "IMPORT"}
}
