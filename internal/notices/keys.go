package notices

import "outreach/internal/table"

// progressKey is the key of how far a project's letters were sent.
func progressKey(project string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "DONE"}
}

// letterSentKey is the key of the mark that a member of the staff got the letter about a cause.
func letterSentKey(project, cause, member string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "LETTER#" + cause + "#" + member}
}

// reportSentKey is the key of the mark that a snapshot was sent to the funders.
func reportSentKey(project, snapshot string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "REPORT#" + snapshot}
}
