package report

// String is what a reader of the table gets to see.
func (c Cell) String() string { return c.content }
