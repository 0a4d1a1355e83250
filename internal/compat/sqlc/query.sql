-- name: CreateUser :one
INSERT INTO users (email, active, score, nickname, avatar, born) VALUES (?, ?, ?, ?, ?, ?) RETURNING *;

-- name: UpsertUser :one
INSERT INTO users (email, active, born) VALUES (?, ?, ?)
ON CONFLICT (email) DO UPDATE SET active = excluded.active RETURNING id;

-- name: UserByEmail :one
SELECT * FROM users WHERE email = ? LIMIT 1;

-- name: UsersIn :many
SELECT * FROM users WHERE born >= ? AND id IN (sqlc.slice('ids')) ORDER BY id;

-- name: PostsWithAuthor :many
SELECT sqlc.embed(users), sqlc.embed(posts) FROM users JOIN posts ON posts.user_id = users.id ORDER BY posts.id;

-- name: AddPost :execlastid
INSERT INTO posts (user_id, title) VALUES (?, ?);

-- name: SetNickname :execrows
UPDATE users SET nickname = sqlc.narg(nickname) WHERE id = sqlc.arg(id);

-- name: DeleteUser :exec
DELETE FROM users WHERE id = ?;

-- name: CountPosts :one
SELECT count(*) FROM posts;
