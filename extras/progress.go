package extras

// Phase is a part of an export or import. An export is PhaseExport and
// PhaseDownload; an import is PhasePrepare, PhaseUpload and PhaseImport.
type Phase string

const (
	// PhaseExport: D1 writes the dump, and answers no queries.
	PhaseExport Phase = "export"
	// PhaseDownload: bytes are those written.
	PhaseDownload Phase = "download"
	// PhasePrepare: the dump is read for its checksum.
	PhasePrepare Phase = "prepare"
	// PhaseUpload: bytes are those sent; they start again after a break. It is
	// left out if D1 has this very dump already.
	PhaseUpload Phase = "upload"
	// PhaseImport: D1 runs the dump, and answers no queries.
	PhaseImport Phase = "import"
)

// Progress is how far an export or import has come.
type Progress struct {
	Phase    Phase    // what goes on
	Bytes    int64    // done in this phase
	Total    int64    // -1 if not known; the phases of D1 have no bytes, so 0
	Messages []string // the server's log lines since the last call
}

// reporter calls a function that may be nil.
type reporter func(Progress)

func (r reporter) report(p Progress) {
	if r != nil {
		r(p)
	}
}
