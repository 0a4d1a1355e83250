package compat_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/d1go/d1"
)

type gormUser struct {
	ID        uint   `gorm:"primaryKey"`
	Email     string `gorm:"uniqueIndex;not null"`
	Active    bool   `gorm:"not null"`
	Score     sql.NullFloat64
	Nickname  *string
	Avatar    []byte
	Born      time.Time
	CreatedAt time.Time
	DeletedAt gorm.DeletedAt
	Posts     []gormPost  `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
	Groups    []gormGroup `gorm:"many2many:memberships"`
}

type gormPost struct {
	ID     uint
	UserID uint
	Title  string `gorm:"size:80;check:length(title) > 0"`
}

type gormWiderPost struct {
	gormPost
	Body string `gorm:"not null;default:''"`
}

func (gormWiderPost) TableName() string { return "gorm_posts" }

type gormGroup struct {
	ID   uint
	Name string `gorm:"unique"`
}

func testGorm(t *testing.T, e engine) {
	// SkipDefaultTransaction is what gorm recommends for speed. Over D1 it also
	// saves a request per write, as each default transaction asks by a dry run
	// and then commits.
	for name, config := range map[string]gorm.Config{
		"default transactions":    {},
		"no default transactions": {SkipDefaultTransaction: true},
		"prepared statements":     {PrepareStmt: true},
	} {
		t.Run(name, func(t *testing.T) {
			config.TranslateError = true
			config.Logger = logger.Discard
			pool := e.open(t)
			db, err := gorm.Open(sqlite.New(sqlite.Config{Conn: pool}), &config)
			require.NoError(t, err)
			db = db.WithContext(t.Context())
			require.NoError(t, db.AutoMigrate(&gormUser{}, &gormPost{}, &gormGroup{}))
			gormProgram(t, db)
		})
	}
	t.Run("DriverName", func(t *testing.T) {
		db, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: d1.DriverName, DSN: e.newDSN(t)}), &gorm.Config{})
		require.NoError(t, err)
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
	t.Run("migrator", func(t *testing.T) { gormMigrator(t, e) })
}

func gormProgram(t *testing.T, db *gorm.DB) {
	groups := []gormGroup{{Name: "mathematicians"}, {Name: "poets' children"}}
	require.NoError(t, db.Create(&groups).Error)
	ada := gormUser{Email: "ada@example.com", Active: true, Score: sql.NullFloat64{Float64: 2, Valid: true},
		Avatar: avatar, Born: born, Posts: []gormPost{{Title: "Note G"}, {Title: "Note A"}}, Groups: groups}
	require.NoError(t, db.Create(&ada).Error)
	require.NotZero(t, ada.ID)
	require.NotZero(t, ada.Posts[1].ID)

	var got gormUser
	require.NoError(t, db.Preload("Posts", func(db *gorm.DB) *gorm.DB { return db.Order("id") }).Preload("Groups").
		First(&got, "email = ?", ada.Email).Error)
	require.True(t, born.Equal(got.Born), "%v", got.Born)
	require.True(t, ada.CreatedAt.Equal(got.CreatedAt))
	require.Equal(t, avatar, got.Avatar)
	require.Equal(t, ada.Score, got.Score)
	require.Nil(t, got.Nickname)
	require.True(t, got.Active)
	require.False(t, got.DeletedAt.Valid)
	require.Equal(t, ada.Posts, got.Posts)
	require.Len(t, got.Groups, 2)

	t.Run("update", func(t *testing.T) {
		r := db.Model(&got).Updates(map[string]any{"active": false, "score": gorm.Expr("score * ?", 1.5)})
		require.NoError(t, r.Error)
		require.EqualValues(t, 1, r.RowsAffected)
		var posts []gormPost
		require.NoError(t, db.Model(&posts).Clauses(clause.Returning{}).Where("user_id = ?", ada.ID).
			Update("title", gorm.Expr("upper(title)")).Error)
		require.Len(t, posts, 2)
		require.Contains(t, []string{"NOTE G", "NOTE A"}, posts[0].Title)
		var again gormUser
		require.NoError(t, db.Take(&again, ada.ID).Error)
		require.Equal(t, 3.0, again.Score.Float64)
		require.False(t, again.Active)
		// Save writes what it read: nothing may be changed on the way.
		require.NoError(t, db.Save(&again).Error)
		require.NoError(t, db.Take(&again, ada.ID).Error)
		require.True(t, born.Equal(again.Born))
	})

	t.Run("upsert", func(t *testing.T) {
		again := gormUser{Email: ada.Email, Active: true, Born: born}
		require.NoError(t, db.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "email"}}, DoUpdates: clause.AssignmentColumns([]string{"active"}),
		}).Create(&again).Error)
		require.Equal(t, ada.ID, again.ID)
		nothing := gormUser{Email: ada.Email, Born: born}
		r := db.Clauses(clause.OnConflict{DoNothing: true}).Create(&nothing)
		require.NoError(t, r.Error)
		require.Zero(t, r.RowsAffected)
		var found gormUser
		require.NoError(t, db.Where(gormUser{Email: "babbage"}).Attrs(gormUser{Born: born}).FirstOrCreate(&found).Error)
		require.NotZero(t, found.ID)
	})

	t.Run("constraints", func(t *testing.T) {
		require.ErrorIs(t, db.Create(&gormUser{Email: ada.Email, Born: born}).Error, gorm.ErrDuplicatedKey)
		require.ErrorIs(t, db.Create(&gormUser{ID: ada.ID, Email: "x", Born: born}).Error, gorm.ErrDuplicatedKey)
		require.ErrorIs(t, db.Create(&gormPost{UserID: 4711, Title: "x"}).Error, gorm.ErrForeignKeyViolated)
		// gorm's dialect for SQLite translates no check constraints.
		require.ErrorIs(t, db.Create(&gormPost{UserID: ada.ID}).Error, d1.ConstraintCheck)
	})

	t.Run("transactions", func(t *testing.T) {
		oops := errors.New("oops")
		err := db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&gormUser{Email: "outer", Born: born}).Error)
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&gormUser{Email: "inner", Born: born}).Error)
				return oops
			}), oops)
			// A constraint error inside leaves the transaction usable.
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
				return tx.Create(&gormUser{Email: "outer", Born: born}).Error
			}), gorm.ErrDuplicatedKey)
			var n int64
			require.NoError(t, tx.Model(&gormUser{}).Where("email IN ?", []string{"outer", "inner"}).Count(&n).Error)
			require.EqualValues(t, 1, n)
			return nil
		})
		require.NoError(t, err)
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Where("1 = 1").Delete(&gormPost{}).Error)
			return oops
		}), oops)
		var n int64
		require.NoError(t, db.Model(&gormPost{}).Count(&n).Error)
		require.EqualValues(t, 2, n)
		require.NoError(t, db.Model(&gormUser{}).Where("email = ?", "outer").Count(&n).Error)
		require.EqualValues(t, 1, n)
	})

	t.Run("batches and rows", func(t *testing.T) {
		// gorm binds every column of every row: beyond D1's 100 parameters.
		list := make([]gormPost, 120)
		for i := range list {
			list[i] = gormPost{UserID: ada.ID, Title: "t"}
		}
		require.NoError(t, db.CreateInBatches(&list, 60).Error)
		require.Greater(t, list[119].ID, list[0].ID)
		seen := 0
		var batch []gormPost
		require.NoError(t, db.Where("title = ?", "t").FindInBatches(&batch, 50, func(*gorm.DB, int) error {
			seen += len(batch)
			return nil
		}).Error)
		require.Equal(t, 120, seen)
		rows, err := db.Model(&gormUser{}).Order("id").Rows()
		require.NoError(t, err)
		require.True(t, rows.Next())
		var u gormUser
		require.NoError(t, db.ScanRows(rows, &u))
		require.NoError(t, rows.Close())
		require.True(t, born.Equal(u.Born))
		generic := map[string]any{}
		require.NoError(t, db.Model(&gormUser{}).Where("id = ?", ada.ID).Take(&generic).Error)
		require.IsType(t, time.Time{}, generic["born"])
	})

	t.Run("delete", func(t *testing.T) {
		require.NoError(t, db.Delete(&gormUser{}, ada.ID).Error)
		require.ErrorIs(t, db.Take(&gormUser{}, ada.ID).Error, gorm.ErrRecordNotFound)
		var soft gormUser
		require.NoError(t, db.Unscoped().Take(&soft, ada.ID).Error)
		require.True(t, soft.DeletedAt.Valid)
		require.NoError(t, db.Model(&soft).Association("Groups").Clear())
		require.NoError(t, db.Unscoped().Delete(&soft).Error)
		var n int64
		require.NoError(t, db.Model(&gormPost{}).Count(&n).Error)
		require.Zero(t, n, "posts cascade")
	})
}

// gormMigrator changes a schema that has data in it.
func gormMigrator(t *testing.T, e engine) {
	db, err := gorm.Open(sqlite.New(sqlite.Config{Conn: e.open(t)}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	require.NoError(t, db.AutoMigrate(&gormUser{}, &gormPost{}, &gormGroup{}))
	require.NoError(t, db.AutoMigrate(&gormUser{}, &gormPost{}, &gormGroup{}), "again, with nothing to do")
	require.NoError(t, db.Create(&gormUser{Email: "ada", Born: born, Posts: []gormPost{{Title: "Note G"}}}).Error)

	m := db.Migrator()
	require.True(t, m.HasTable("gorm_users"))
	require.True(t, m.HasIndex(&gormUser{}, "Email"))
	columns, err := m.ColumnTypes(&gormUser{})
	require.NoError(t, err)
	require.Equal(t, "id", columns[0].Name())
	indexes, err := m.GetIndexes(&gormUser{})
	require.NoError(t, err)
	require.Len(t, indexes, 1)

	// AutoMigrate adds what is missing.
	require.NoError(t, db.AutoMigrate(&gormWiderPost{}))
	require.True(t, m.HasColumn(&gormWiderPost{}, "body"))
	require.NoError(t, m.RenameColumn(&gormWiderPost{}, "body", "content"))
	require.True(t, m.HasColumn(&gormWiderPost{}, "content"))
	var title string
	require.NoError(t, db.Table("gorm_posts").Select("title").Scan(&title).Error)
	require.Equal(t, "Note G", title)

	// What SQLite's dialect cannot alter it rebuilds: it copies the table, drops
	// it and renames the copy. D1 cannot switch foreign keys off, so that DROP
	// TABLE deletes the rows of other tables that cascade from it.
	require.NoError(t, m.DropColumn(&gormWiderPost{}, "content"))
	require.False(t, m.HasColumn(&gormWiderPost{}, "content"))
	var n int64
	require.NoError(t, db.Model(&gormPost{}).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, m.DropColumn(&gormUser{}, "score"))
	require.NoError(t, db.Model(&gormUser{}).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Model(&gormPost{}).Count(&n).Error)
	require.Zero(t, n)

	tables, err := m.GetTables()
	require.NoError(t, err)
	require.Subset(t, tables, []string{"gorm_users", "gorm_posts"}) // and the engine's own
}
