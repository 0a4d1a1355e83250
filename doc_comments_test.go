package d1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocComments: every exported name of the public packages has a doc comment
// that begins with it, and every exported field and method of an interface a
// comment.
func TestDocComments(t *testing.T) {
	for _, folder := range []string{".", "extras", "extras/d1test"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
			require.NoError(t, err)
			for _, undocumented := range undocumentedNames(file) {
				t.Errorf("%s: %s", set.Position(undocumented.Pos()), undocumented.Name)
			}
		}
	}
}

func TestUndocumentedNames(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "", `package p

// Good is.
func Good() {}

// It is bad.
func Bad() {}

// Goodness is not Goo.
func Goo() {}

// T is a type.
type T struct {
	Field int
	Told  int // of what
	own   int
}

func (T) Method() {}

func (t) Method() {}

// Group.
const (
	// One is 1.
	One = 1
	Two = 2 // Two is 2.
)
`, parser.ParseComments)
	require.NoError(t, err)
	var names []string
	for _, n := range undocumentedNames(file) {
		names = append(names, n.Name)
	}
	require.Equal(t, []string{"Bad", "Goo", "Field", "Method", "Two"}, names)
}

// undocumentedNames are the exported names that a file declares without the
// comment that TestDocComments wants.
func undocumentedNames(file *ast.File) []*ast.Ident {
	var list []*ast.Ident
	want := func(ok bool, name *ast.Ident) {
		if name.IsExported() && !ok {
			list = append(list, name)
		}
	}
	begins := func(doc *ast.CommentGroup, name *ast.Ident) bool {
		rest, ok := strings.CutPrefix(doc.Text(), name.Name)
		return ok && rest != "" && strings.ContainsRune(" :,.\n", rune(rest[0]))
	}
	members := func(fields *ast.FieldList) {
		for _, f := range fields.List {
			for _, name := range f.Names {
				want(f.Doc.Text()+f.Comment.Text() != "", name)
			}
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || exportedReceiver(d.Recv) {
				want(begins(d.Doc, d.Name), d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					want(begins(s.Doc, s.Name) || !d.Lparen.IsValid() && begins(d.Doc, s.Name), s.Name)
					switch body := s.Type.(type) {
					case *ast.StructType:
						if s.Name.IsExported() {
							members(body.Fields)
						}
					case *ast.InterfaceType:
						if s.Name.IsExported() {
							members(body.Methods)
						}
					}
				case *ast.ValueSpec:
					for _, name := range s.Names {
						want(begins(s.Doc, name) || !d.Lparen.IsValid() && begins(d.Doc, name), name)
					}
				}
			}
		}
	}
	return list
}

func exportedReceiver(recv *ast.FieldList) bool {
	typ := recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}
