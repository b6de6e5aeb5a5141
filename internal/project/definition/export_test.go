package definition

// FieldKeys and OwnTypes are the keys and the types of own fields, for the test of the guide.
var (
	FieldKeys = fieldKeys
	OwnTypes  = ownTypes
)
