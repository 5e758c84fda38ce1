package check

// components returns the strongly connected components of a graph: the number
// of the one that each node is in. An edge never leads to a higher number.
func components(edges [][]int) []int {
	const unseen = -1
	type visit struct{ node, next int }
	var (
		number = make([]int, len(edges)) // of the component
		index  = make([]int, len(edges)) // in the order of discovery
		low    = make([]int, len(edges)) // the least index that is reached
		open   []int                     // nodes whose component is not complete
		path   []visit
		count  int
		seen   int
	)
	for i := range edges {
		number[i], index[i] = unseen, unseen
	}
	enter := func(i int) {
		index[i], low[i] = seen, seen
		seen++
		open, path = append(open, i), append(path, visit{i, 0})
	}
	for root := range edges {
		if index[root] != unseen {
			continue
		}
		for enter(root); len(path) > 0; {
			v := &path[len(path)-1]
			i := v.node
			if v.next < len(edges[i]) {
				to := edges[i][v.next]
				v.next++
				switch {
				case index[to] == unseen:
					enter(to)
				case number[to] == unseen:
					low[i] = min(low[i], index[to])
				}
				continue
			}
			if path = path[:len(path)-1]; len(path) > 0 {
				before := path[len(path)-1].node
				low[before] = min(low[before], low[i])
			}
			if low[i] < index[i] {
				continue
			}
			for done := false; !done; {
				last := len(open) - 1
				number[open[last]], done = count, open[last] == i
				open = open[:last]
			}
			count++
		}
	}
	return number
}

// spread marks all nodes that the edges lead to from start, which is marked only
// if they lead back to it. Nodes that are marked already are not passed.
func spread(edges [][]int, start int, marked []bool, visit func(int)) {
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

// reversed returns the graph with its edges turned round.
func reversed(edges [][]int) [][]int {
	back := make([][]int, len(edges))
	for i, list := range edges {
		for _, to := range list {
			back[to] = append(back[to], i)
		}
	}
	return back
}
