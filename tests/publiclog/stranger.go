// A client of the log by somebody who knows nothing of this program: Go's own libraries read checkpoint and tiles.
//
//	stranger PLACE VKEY [OLD]
//
// PLACE is a folder or an http address, OLD a file with an earlier checkpoint. Every hash that is read is checked
// against the signed checkpoint (tlog.TileHashReader); every entry is proved to be in the log, and the log to be a
// continuation of the earlier one. Prints the size, or says on standard error what does not hold.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // C2SP tlog-tiles: full tiles have 2**8 hashes, and their paths leave the height out

func fetch(path string) ([]byte, error) {
	place := os.Args[1]
	if !strings.HasPrefix(place, "http") {
		return os.ReadFile(place + "/" + path)
	}
	reply, err := http.Get(place + "/" + path)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, reply.Status)
	}
	return io.ReadAll(reply.Body)
}

type tiles struct{}

func (tiles) Height() int                     { return height }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := fetch("tile/" + strings.TrimPrefix(tile.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// open verifies a checkpoint, a note of three lines: origin, size, root.
func open(message []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(message, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("not a checkpoint of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

// entries reads bundle n, which is cut to width where it is not full: two bytes of length, then the entry, repeated.
func entries(n int64, width int) [][]byte {
	path := tlog.Tile{H: height, L: 0, N: n, W: width}.Path()
	data, err := fetch("tile/entries/" + strings.TrimPrefix(path, "tile/8/0/"))
	must(err)
	var found [][]byte
	for len(data) > 0 {
		length := int(binary.BigEndian.Uint16(data))
		found, data = append(found, data[2:2+length]), data[2+length:]
	}
	return found
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	message, err := fetch("checkpoint")
	must(err)
	tree := open(message, verifier)
	hashes := tlog.TileHashReader(tree, tiles{})
	for first := int64(0); first < tree.N; first += 1 << height {
		width := 1 << height
		if tree.N-first < int64(width) {
			width = int(tree.N - first)
		}
		found := entries(first>>height, width)
		if len(found) != width {
			must(fmt.Errorf("%d entries where %d should be", len(found), width))
		}
		for n, entry := range found {
			index := first + int64(n)
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			must(err)
			must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
		}
	}
	if len(os.Args) > 3 {
		message, err := os.ReadFile(os.Args[3])
		must(err)
		old := open(message, verifier)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	}
	fmt.Println(tree.N)
}
