// Package protocodec is the codec of protobuf messages for node.Typed. It is a package of its own so that package node names no
// type of protobuf.
package protocodec

import (
	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/node"
)

// New is the node.Codec of messages of type T, such as *pb.Score.
func New[T proto.Message]() node.Codec[T] {
	return node.Codec[T]{
		Marshal: func(m T) ([]byte, error) { return proto.Marshal(m) },
		Unmarshal: func(data []byte) (T, error) {
			var none T
			m := none.ProtoReflect().New().Interface().(T)
			if err := proto.Unmarshal(data, m); err != nil {
				return none, err
			}
			return m, nil
		},
	}
}
