"""How far is the strain of a folded film from t/2R? Three elastic laws and the trap of the integration points."""

import os
from pathlib import Path

from entrox.mechanics import Strip, bend_between_plates, bend_film
from entrox.plots import save_figure
from entrox.plots.bend import plot_bent_film

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[2] / "gallery" / "_output"))
out.mkdir(parents=True, exist_ok=True)

strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
closed = bend_between_plates(strip, 9.984502e-6)
films = {law: bend_film(closed, law=law) for law in ("hencky", "neo-hooke", "st-venant")}
panels = plot_bent_film(films["hencky"])
save_figure(panels[0].figure, out / "fold_in_elements.png", dpi=220)

numbers = {
    law: {
        "mid_line_percent": 100 * film.fe.tension.mid_line,
        "nominal_percent": 100 * film.fe.tension.nominal,
        "gauss_point_percent": 100 * film.fe.tension.gauss_point,
        "force_n_per_m": film.fe.force / strip.width,
        "iterations": film.fe.iterations,
    }
    for law, film in films.items()
}
numbers["closed_form"] = {"mid_line_percent": 100 * closed.tension.mid_line, "force_n_per_m": closed.force_per_width}
print(numbers)
