module github.com/org/cilock-action/test/oracle

go 1.26.0

require github.com/org/cilock-action v0.0.0

require (
	github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
)

replace github.com/org/cilock-action => ../..
