package node

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Codec turns values of type T into bytes and back. Both functions are required; they are called concurrently.
type Codec[T any] struct {
	Marshal   func(T) ([]byte, error)
	Unmarshal func([]byte) (T, error) // must not change or keep its argument
}

// JSON is the Codec of encoding/json.
func JSON[T any]() Codec[T] {
	return Codec[T]{
		Marshal: func(v T) ([]byte, error) { return json.Marshal(v) },
		Unmarshal: func(data []byte) (v T, err error) {
			err = json.Unmarshal(data, &v)
			return v, err
		},
	}
}

// Typed reads and writes a Group's values as values of type T. It holds nothing itself: Typeds of one group with one codec
// are the same.
type Typed[T any] struct {
	Group *Group
	Codec Codec[T]
}

// NewTyped returns a veneer over a group.
func NewTyped[T any](g *Group, codec Codec[T]) Typed[T] { return Typed[T]{Group: g, Codec: codec} }

// TypedLoader makes a Loader of one that returns a T. A life of 0 is the group's TTL.
func TypedLoader[T any](codec Codec[T], load func(ctx context.Context, key string) (v T, life time.Duration, err error)) Loader {
	return func(ctx context.Context, key string) (Value, error) {
		v, life, err := load(ctx, key)
		if err != nil {
			return Value{}, err
		}
		data, err := codec.Marshal(v)
		if err != nil {
			return Value{}, fmt.Errorf("marshal: %w", err)
		}
		return Value{Data: data, TTL: life}, nil
	}
}

// Get is Group.Get, and fails as well if the value's bytes are not a T's.
func (t Typed[T]) Get(ctx context.Context, key string) (T, error) {
	var none T
	v, err := t.Group.Get(ctx, key)
	if err != nil {
		return none, err
	}
	decoded, err := t.Codec.Unmarshal(v.Data)
	if err != nil {
		return none, fmt.Errorf("unmarshal the value of %q: %w", key, err)
	}
	return decoded, nil
}

// Set is Group.Set. A life of 0 is the group's TTL.
func (t Typed[T]) Set(ctx context.Context, key string, v T, life time.Duration) error {
	data, err := t.Codec.Marshal(v)
	if err != nil {
		return fmt.Errorf("marshal the value of %q: %w", key, err)
	}
	return t.Group.Set(ctx, key, Value{Data: data, TTL: life})
}

// Remove is Group.Remove.
func (t Typed[T]) Remove(ctx context.Context, keys ...string) error {
	return t.Group.Remove(ctx, keys...)
}
