package actionref

import "go.yaml.in/yaml/v4"

func (f *finder) script(n *yaml.Node) {}
