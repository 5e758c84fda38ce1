// Package digraph analyzes directed graphs. Their nodes are numbered, and edges has
// the nodes that each one leads to.
package digraph

// Components returns the strongly connected components of a graph: the number
// of the one that each node is in. An edge never leads to a higher number.
func Components(edges [][]int) []int {
	n := len(edges)
	p := &partition{edges: edges, number: make([]int, n), index: make([]int, n), low: make([]int, n)}
	for i := range edges {
		p.number[i], p.index[i] = unseen, unseen
	}
	for root := range edges {
		if p.index[root] == unseen {
			p.from(root)
		}
	}
	return p.number
}

const unseen = -1

// partition is Tarjan's algorithm (1972) without recursion.
type partition struct {
	edges  [][]int
	number []int // of the component of a node
	index  []int // in the order of discovery
	low    []int // the least index that a node leads to
	open   []int // the nodes whose component is not complete
	path   []entered
	seen   int // nodes
	count  int // components
}

// entered is a node on the path, with the edge to take next.
type entered struct{ node, next int }

func (p *partition) enter(i int) {
	p.index[i], p.low[i] = p.seen, p.seen
	p.seen++
	p.open, p.path = append(p.open, i), append(p.path, entered{i, 0})
}

func (p *partition) from(root int) {
	for p.enter(root); len(p.path) > 0; {
		v := &p.path[len(p.path)-1]
		if v.next == len(p.edges[v.node]) {
			p.leave()
			continue
		}
		to := p.edges[v.node][v.next]
		v.next++
		switch {
		case p.index[to] == unseen:
			p.enter(to)
		case p.number[to] == unseen:
			p.low[v.node] = min(p.low[v.node], p.index[to])
		}
	}
}

// leave takes the last node off the path, and completes the component that began
// with it.
func (p *partition) leave() {
	i := p.path[len(p.path)-1].node
	if p.path = p.path[:len(p.path)-1]; len(p.path) > 0 {
		before := p.path[len(p.path)-1].node
		p.low[before] = min(p.low[before], p.low[i])
	}
	if p.low[i] < p.index[i] {
		return
	}
	for p.number[i] == unseen {
		last := len(p.open) - 1
		p.number[p.open[last]] = p.count
		p.open = p.open[:last]
	}
	p.count++
}

// Spread marks all nodes that the edges lead to from start, which is marked only
// if they lead back to it. Nodes that are marked already are not passed.
func Spread(edges [][]int, start int, marked []bool, visit func(int)) {
	for open := []int{start}; len(open) > 0; {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for _, to := range edges[i] {
			if !marked[to] {
				marked[to] = true
				visit(to)
				open = append(open, to)
			}
		}
	}
}

// Reversed returns the graph with its edges turned round.
func Reversed(edges [][]int) [][]int {
	back := make([][]int, len(edges))
	for i, list := range edges {
		for _, to := range list {
			back[to] = append(back[to], i)
		}
	}
	return back
}
