"""Take the picture of the explorer that README shows: `python tests/explorer_picture.py`."""

import io
import pathlib

from PIL import Image

from browsers import Page, Server

PICTURE = pathlib.Path(__file__).parents[1] / "figures" / "explorer.png"
WIDTH, HEIGHT = 1440, 850


def main():
    server = Server("--w", "5", "--b", "-2.4")
    try:
        page = Page(WIDTH, HEIGHT)
        try:
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            page.open(server.link("w=5&b=-2.4"))
            page.settle(3.0)
            shot = Image.open(io.BytesIO(page.driver.get_screenshot_as_png()))
        finally:
            page.close()
    finally:
        server.close()
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
