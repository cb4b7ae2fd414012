package expr

import "context"

func HashFiles(ctx context.Context, ws string, p []string) (string, error) { return "", nil }
