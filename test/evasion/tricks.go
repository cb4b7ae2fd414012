package main

import "slices"

// table is every trick, in the order of the printed table.
func table() []Trick {
	return slices.Concat(nameTricks(), raceTricks(), openTricks(), changeTricks(), execTricks(), treeTricks(), spaceTricks(),
		netTricks(), spyTricks(), attackTricks())
}

// claimed is for changes of names: the names are the program's, and only the
// call is certain.
var claimed = all(Said)

// theSecret is the event that most tricks are about, with its true name.
func theSecret(g Grades) Want {
	return Want{What: "open of the secret", Is: opened("secret"), Grades: g}
}

// secretBut is the same where the program calls the secret something else.
func secretBut(name string, g Grades) Want {
	return Want{What: "open of the secret", Is: opened("secret"), Said: saidOpened(name), Grades: g}
}
