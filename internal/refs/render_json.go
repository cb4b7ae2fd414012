package refs

import (
	"fmt"

	"github.com/org/cilock-action/internal/sink"
)

// JSON is the rows as an array, never null. Injections are not in it.
func JSON(r Report) (string, error) {
	rows := r.Rows
	if rows == nil {
		rows = []Row{}
	}
	text, err := sink.Document(rows)
	if err != nil {
		return "", fmt.Errorf("encode the rows: %w", err)
	}
	return text, nil
}
