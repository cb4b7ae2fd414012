package actionref

// Find returns every reference of a workflow or an action.
func Find(src []byte) File { return File{} }
