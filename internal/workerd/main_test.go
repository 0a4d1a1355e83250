package workerd_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(workerd.Main{M: m})
}
