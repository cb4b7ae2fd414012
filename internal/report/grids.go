package report

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// grid puts a table into the data and its place into the section, unless it has
// no rows.
func (e *evidence) grid(s *section, out *bundleData, name, title string, g *grid) {
	if len(g.Rows)+g.More == 0 {
		return
	}
	out.Grids[name] = g
	s.Grids = append(s.Grids, gridPlace{e.id, name, title})
}

// tree is the processes. What the script shows of them is in out.Processes.
func (e *evidence) tree(s *section, d *data, out *bundleData) {
	if e.TraceNote != "" {
		s.note("%s", e.TraceNote)
	}
	if !e.traced {
		s.note("The step was not traced: what its processes did is not known.")
		return
	}
	s.fact("Seen by", e.trace.Backend)
	for _, why := range e.trace.Instead {
		s.fact("Why nothing better", why)
	}
	s.fact("Processes", fmt.Sprint(e.trace.Processes))
	s.fact("Files opened, by each process", fmt.Sprint(e.trace.Opens))
	s.fact("Opens of files that are not there", fmt.Sprint(e.trace.NotFound))
	for _, limit := range e.trace.Limits {
		s.fact("Standing limit", limit)
	}
	counts := table{Caption: "Events", Head: []string{"Class", "Attempted", "Received", "Deduplicated", "Lost"}}
	for _, c := range e.trace.Counts {
		counts.add(c.Class, fmt.Sprint(c.Attempted), fmt.Sprint(c.Received), fmt.Sprint(c.Deduplicated), fmt.Sprint(c.Lost))
	}
	s.table(counts)
	if n := e.processes.moreProcesses; n > 0 {
		s.note("%s more are in the trace alone.", count(n, "process", "processes"))
	}
	for n, i := range e.processes.list {
		if d.full() {
			s.note("%s more are in the evidence alone.", count(len(e.processes.list)-n, "process", "processes"))
			break
		}
		out.Processes = append(out.Processes, d.processRow(e.processes, i))
		out.Length = max(out.Length, e.processes.since(i.end), e.processes.since(i.start))
	}
	if len(out.Processes) > 0 {
		s.Grids = append(s.Grids, gridPlace{e.id, "processes", "Processes"})
	}
}

// files is what was read, written and executed, by place.
func (e *evidence) files(s *section, d *data, out *bundleData) {
	if !e.traced {
		return
	}
	list := &e.processes.files
	for _, w := range e.trace.Writes {
		list.written(w.Path)
	}
	order := make([]int, len(list.list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(list.list[a].path, list.list[b].path) })
	g := &grid{Head: []string{"Path", "Use", "Place", "Digest", "Processes", "First opened by"}, Facets: []int{1, 2}, Rows: [][]int{}, More: list.more}
	row := make([]int, len(list.list)) // of each file
	tally := map[string]map[string]int{}
	for _, at := range order {
		f := list.list[at]
		place, sums, by := e.places.of(f.path), f.digest, ""
		if f.several {
			sums = "several"
		}
		if f.first >= 0 {
			by = e.processes.list[f.first].label()
		}
		if tally[place] == nil {
			tally[place] = map[string]int{}
		}
		tally[place][cmp.Or(f.use(), "read")]++
		row[at] = -1
		if d.row(g, f.path, cmp.Or(f.use(), "read"), place, sums, number(f.images), by) {
			row[at] = len(g.Rows) - 1
		}
	}
	t := table{Caption: "Files by place", Head: []string{"Place", "Read", "Written", "Executed"}}
	for place, uses := range sorted(tally) {
		t.add(place, fmt.Sprint(uses["read"]), fmt.Sprint(uses["written"]+uses["executed, written"]), fmt.Sprint(uses["executed"]+uses["executed, written"]))
	}
	s.table(t)
	for n := range out.Processes {
		files := []int{}
		for _, o := range e.processes.list[n].files {
			if at, ok := list.at[o.path]; ok && row[at] >= 0 && !d.full() {
				files = append(files, row[at])
				d.bytes += perNumber
			}
		}
		e.processes.moreOpens += len(e.processes.list[n].files) - len(files)
		out.Files = append(out.Files, files)
	}
	if n := e.processes.moreOpens; n > 0 {
		s.note("%s of single processes are in the trace alone; what they opened is in the list below.", count(n, "open", "opens"))
	}
	e.grid(s, out, "files", "Files", g)
	changes := &grid{Head: []string{"Operation", "Path", "Name or target", "Result", "Times", "Process"}, Facets: []int{0, 3}, Rows: [][]int{}, More: e.trace.NotListed}
	for _, all := range [][]attest.TraceChange{e.trace.Writes, e.trace.Failed} {
		for _, c := range all {
			d.row(changes, c.Operation, c.Path, lines([]string{c.Name, c.Target}), result(c.Errno), number(c.Count), e.processes.label(c.ProcessID))
		}
	}
	e.grid(s, out, "changes", "Changes, and what was refused", changes)
}

// network is every destination, by destination and by process.
func (e *evidence) network(s *section, d *data, out *bundleData) {
	if !e.traced {
		return
	}
	if len(e.trace.Network) == 0 {
		s.note("No connection was seen.")
	}
	type sums struct {
		times     int
		ports     map[string]bool
		processes map[string]bool
	}
	byPlace := map[string]*sums{}
	g := &grid{Head: []string{"Destination", "Address", "Port", "Protocol", "What", "Result", "Times", "Process"}, Facets: []int{0, 4, 7}, Rows: [][]int{}}
	for _, r := range e.trace.Network {
		where := destination(r)
		port := number(r.Port)
		d.row(g, where, r.Address, port, join(r.Family, r.Protocol), r.Syscall, result(r.Errno), number(max(1, r.Count)), e.processes.label(r.ProcessID))
		at := byPlace[where]
		if at == nil {
			at = &sums{ports: map[string]bool{}, processes: map[string]bool{}}
			byPlace[where] = at
		}
		at.times += max(1, r.Count)
		at.ports[port] = true
		at.processes[e.processes.chain(r.ProcessID)] = true
	}
	t := table{Caption: "By destination", Head: []string{"Destination", "Ports", "Times", "Processes"}}
	for where, at := range sorted(byPlace) {
		t.add(where, join(keys(at.ports)...), strconv.Itoa(at.times), lines(keys(at.processes)))
	}
	s.table(t)
	e.grid(s, out, "network", "Connections", g)
	lookups := &grid{Head: []string{"Names", "Kind", "Answers", "Times", "Process"}, Facets: []int{1, 4}, Rows: [][]int{}}
	for _, l := range e.trace.Lookups {
		d.row(lookups, strings.Join(l.Names, " "), l.Kind, strings.Join(l.Answers, " "), number(max(1, l.Count)), e.processes.label(l.ProcessID))
	}
	e.grid(s, out, "lookups", "Names that were asked for", lookups)
}

func keys(m map[string]bool) (out []string) {
	for key := range sorted(m) {
		if len(out) == 20 {
			return append(out, fmt.Sprintf("and %d more", len(m)-20))
		}
		out = append(out, key)
	}
	return out
}

// destination is the name that is most likely meant: what TLS asked for, else the
// name that had the address as an answer, else the address.
func destination(r attest.TraceReach) string {
	switch {
	case r.SNI != "":
		return r.SNI
	case len(r.Names) > 0:
		return r.Names[0]
	case r.Address == "":
		return "(" + cmp.Or(r.Family, "unknown") + ")"
	}
	if ip := net.ParseIP(r.Address); ip != nil && ip.IsLoopback() {
		return r.Address + " (this machine)"
	}
	return r.Address
}

// workspace is the files before the step, and those that it made.
func (e *evidence) workspace(s *section, d *data, out *bundleData) {
	var trees attest.Trees
	if e.decode(s, attest.TypeTrees, &trees) {
		s.fact("Root of the materials", trees.Materials.Root)
		s.fact("Materials", fmt.Sprint(trees.Materials.LeafCount))
		s.fact("Root of the products", trees.Products.Root)
		s.fact("Products", fmt.Sprint(trees.Products.LeafCount))
		for _, one := range []struct {
			title string
			attest.Tree
		}{{"before the step", trees.Materials}, {"after it", trees.Products}} {
			t := table{Caption: "What is no file, " + one.title, Head: []string{"Path", "Kind", "Target", "Reason"}, More: one.NotListed}
			for _, o := range one.Others {
				t.add(o.Path, o.Kind, o.Target, o.Reason)
			}
			s.table(t)
		}
		gone := table{Caption: "Materials that are gone after the step", Head: []string{"Path"}}
		for _, name := range trees.Products.Deleted {
			gone.add(name)
		}
		s.table(gone)
	}
	products := map[string]attest.Product{}
	if e.decode(s, attest.TypeProduct, &products) {
		g := &grid{Head: []string{"Product", "Type", "Digest"}, Facets: []int{1}, Rows: [][]int{}}
		for name, p := range sorted(products) {
			d.row(g, name, p.MimeType, digest(p.Digest))
		}
		e.grid(s, out, "products", "Products", g)
	}
	materials := map[string]attest.DigestSet{}
	if e.decode(s, attest.TypeMaterial, &materials) {
		g := &grid{Head: []string{"Material", "Digest"}, Facets: []int{}, Rows: [][]int{}}
		for name, set := range sorted(materials) {
			d.row(g, name, digest(set))
		}
		e.grid(s, out, "materials", "Materials", g)
	}
}
