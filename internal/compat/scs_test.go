package compat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"
)

func testSCS(t *testing.T, e engine) {
	db := e.open(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL);
		CREATE INDEX sessions_expiry_idx ON sessions(expiry)`)
	require.NoError(t, err)
	store := sqlite3store.NewWithCleanupInterval(db, 0)

	t.Run("store", func(t *testing.T) {
		require.NoError(t, store.Commit("a", avatar, time.Now().Add(time.Hour)))
		require.NoError(t, store.Commit("gone", []byte("old"), time.Now().Add(-time.Hour)))
		require.NoError(t, store.Commit("b", []byte("x"), time.Now().Add(time.Hour)))
		require.NoError(t, store.Commit("b", []byte{}, time.Now().Add(time.Hour)))
		b, found, err := store.Find("a")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, avatar, b)
		_, found, err = store.Find("gone")
		require.NoError(t, err)
		require.False(t, found)
		all, err := store.All()
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Empty(t, all["b"])
		require.NoError(t, store.Delete("b"))
		_, found, err = store.Find("b")
		require.NoError(t, err)
		require.False(t, found)
	})

	t.Run("manager", func(t *testing.T) {
		sessions := scs.New()
		sessions.Store = store
		visits := 0
		h := sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			visits = sessions.GetInt(r.Context(), "visits") + 1
			sessions.Put(r.Context(), "visits", visits)
		}))
		r := httptest.NewRequest("GET", "/", nil)
		for range 2 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusOK, w.Code)
			r = httptest.NewRequest("GET", "/", nil)
			for _, c := range w.Result().Cookies() {
				r.AddCookie(c)
			}
		}
		require.Equal(t, 2, visits)
	})
}
