"""Pictures of pages, small enough to be kept with the documents: at most 256 colours, which screens of text and tables hardly miss.

The browser opens its own picture and counts the colours; what is written is a PNG with a palette, a third of the size of the browser's.
"""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

_COUNT = """async text => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + text)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), on = canvas.getContext("2d");
  on.drawImage(image, 0, 0);
  const pixels = new Uint32Array(on.getImageData(0, 0, image.width, image.height).data.buffer).map(pixel => pixel & 0xffffff);
  const counts = new Map(), families = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  for (const [pixel, count] of counts) {  // of colours that hardly differ the commonest stands for all
    const key = pixel & 0xf0f0f0, one = families.get(key) ?? { count: 0, best: 0, pixel };
    families.set(key, { count: one.count + count, best: Math.max(one.best, count), pixel: count > one.best ? pixel : one.pixel });
  }
  const common = [...counts].filter(one => one[1] > pixels.length / 2000).sort((a, b) => b[1] - a[1]).slice(0, 96).map(one => one[0]);
  const rest = [...families.values()].sort((a, b) => b.count - a.count).map(one => one.pixel);
  const palette = [...new Set([...common, ...rest])].slice(0, 256);
  const apart = (a, b) => [0, 8, 16].reduce((sum, shift) => sum + ((a >> shift & 255) - (b >> shift & 255)) ** 2, 0);
  const place = new Map();
  for (const pixel of counts.keys()) {
    let best = 0;
    palette.forEach((one, number) => { if (apart(one, pixel) < apart(palette[best], pixel)) best = number; });
    place.set(pixel, best);
  }
  let out = "";
  for (const pixel of pixels) out += String.fromCharCode(place.get(pixel));
  return [image.width, image.height, palette, btoa(out)];
}"""


def picture_save(page: Any, path: Path) -> None:
    """What the window of ``page`` shows, as a PNG at ``path``."""
    shown = base64.b64encode(page.screenshot()).decode()
    blank = page.context.new_page()  # without the content policy of ours
    width, height, palette, places = blank.evaluate(_COUNT, shown)
    blank.close()
    pixels = base64.b64decode(places)
    lines = b"".join(b"\0" + pixels[row * width : (row + 1) * width] for row in range(height))
    colours = b"".join(struct.pack("<I", colour)[:3] for colour in palette)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", colours),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    made = b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + made)
