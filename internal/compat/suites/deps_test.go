package suites

// What only the suites import, so that go.mod has it.
import (
	_ "github.com/go-gorp/gorp/v3"
	_ "github.com/shopspring/decimal"
	_ "github.com/stretchr/testify/assert"
	_ "github.com/stretchr/testify/suite"
	_ "gopkg.in/check.v1"
	_ "maragu.dev/is"
)
