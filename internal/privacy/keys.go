package privacy

import "outreach/internal/table"

func erasureKey(project, fresh string) table.Key {
	return table.Key{PK: "ERASURES#" + project, SK: fresh}
}

// erasingKey is written whenever erasures begin. Open erasures and recent ones follow it in its partition.
func erasingKey(project string) table.Key { return table.Key{PK: "ERASING#" + project, SK: "OPEN"} }

func openErasureKey(project, fresh string) table.Key {
	return table.Key{PK: erasingKey(project).PK, SK: "OPEN#" + fresh}
}

func doneErasureKey(project, fresh string) table.Key {
	return table.Key{PK: erasingKey(project).PK, SK: "DONE#" + fresh}
}

func purgeKey(project, class string) table.Key {
	return table.Key{PK: "PURGES#" + project, SK: class}
}
