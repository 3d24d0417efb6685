package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/gif"
	"image/jpeg"
	_ "image/png"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/image/draw"

	"github.com/p2pcache/p2pcache/node"
)

const maxWidth = 1024

// shrink loads keys such as "320/holiday.jpg": the picture, 320 pixels wide.
func shrink(pictures *os.Root) node.Loader {
	return func(_ context.Context, key string) (node.Value, error) {
		size, name, _ := strings.Cut(key, "/")
		width, err := strconv.Atoi(size)
		if err != nil || width < 1 || width > maxWidth {
			return node.Value{}, node.ErrNotFound
		}
		file, err := pictures.Open(name) // nothing outside the directory
		if errors.Is(err, fs.ErrNotExist) {
			return node.Value{}, node.ErrNotFound
		}
		if err != nil {
			return node.Value{}, err
		}
		defer file.Close()
		picture, _, err := image.Decode(file)
		if err != nil {
			return node.Value{}, err
		}
		var out bytes.Buffer
		err = jpeg.Encode(&out, scaled(picture, width), nil)
		return node.Value{Data: out.Bytes()}, err
	}
}

func scaled(picture image.Image, width int) image.Image {
	from := picture.Bounds()
	height := max(1, from.Dy()*width/max(1, from.Dx()))
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, from, draw.Src, nil)
	return small
}
