import itertools
import shutil

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image, ImageChops

from entrox.breakdown import AvalancheModel, build_sample, calibrated_plane, mean_parameters, run_ensemble
from entrox.composition import parse_formula
from entrox.core import EngineError, InputError, generator
from entrox.plots import write_movie
from entrox.plots.movie import movie_counts


@pytest.fixture(scope="module")
def sample():
    return build_sample(calibrated_plane("AO"), (8, 8))


@pytest.fixture(scope="module")
def ramp():
    material = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
    return run_ensemble(material, generator(4), seeds=1, model=AvalancheModel(cells=8)).first


@pytest.fixture(scope="module")
def movie(sample, ramp, tmp_path_factory):
    return write_movie(sample, ramp, tmp_path_factory.mktemp("movie") / "growth.gif", frames=18, fps=12)


def frame(path, number):
    with Image.open(path) as movie:
        movie.seek(number)
        return movie.convert("RGB")


def colored(picture):
    """Number of pixels inside the axes that are neither gray nor white: broken bonds."""
    pixels = np.asarray(picture, dtype=int)[60:, 70 : int(0.76 * picture.width)]
    return int((np.ptp(pixels, axis=-1) > 60).sum())


def test_movie_has_its_frames_and_stays_small(movie):
    with Image.open(movie) as picture:
        assert picture.n_frames == 18
        assert picture.info["duration"] == pytest.approx(1000 / 12, abs=5)
    assert movie.stat().st_size < 3e6


def test_bonds_appear_from_none_to_all_and_the_last_frame_shows_all_of_them(movie, ramp):
    counts = [colored(frame(movie, number)) for number in range(18)]
    assert counts[0] == 0
    assert counts[1] > 0
    assert counts[-1] == max(counts)
    assert all(later >= 0.98 * earlier for earlier, later in itertools.pairwise(counts))
    # each bond paints the same area: the first frame with one bond gives it, overlaps at the ends make it less
    assert counts[-1] == pytest.approx(counts[1] * len(ramp.channel), rel=0.45)


def test_frames_follow_the_rising_field(ramp):
    counts, fields = movie_counts(ramp, 40)
    assert len(counts) == len(fields) == 40
    assert counts[0] == 0
    assert counts[1] == 1
    assert counts[-1] == len(ramp.channel)
    assert (np.diff(fields) >= 0).all()
    assert fields[-1] == ramp.channel_field[-1]
    moving = np.diff(fields[1:35])
    assert moving == pytest.approx(np.full(33, moving.mean()), rel=1e-6)


def test_two_movies_of_one_ramp_show_the_same_pictures(sample, ramp, movie, tmp_path):
    again = write_movie(sample, ramp, tmp_path / "again.gif", frames=18, fps=12)
    assert ImageChops.difference(frame(movie, 9), frame(again, 9)).getbbox() is None


def test_video_without_ffmpeg_is_refused_with_the_way_out(sample, ramp, tmp_path, monkeypatch):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(EngineError, match=r"needs ffmpeg.*growth\.gif"):
        write_movie(sample, ramp, tmp_path / "growth.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_video_is_written_where_ffmpeg_is_installed(sample, ramp, tmp_path):
    path = write_movie(sample, ramp, tmp_path / "growth.mp4", frames=6)
    assert path.read_bytes()[4:8] == b"ftyp"


def test_movie_refuses_other_endings_and_other_samples(sample, ramp, tmp_path):
    with pytest.raises(InputError, match=r"\.gif or \.mp4"):
        write_movie(sample, ramp, tmp_path / "growth.avi")
    with pytest.raises(InputError, match="sample of the run"):
        write_movie(build_sample(calibrated_plane("AO"), (2, 2)), ramp, tmp_path / "growth.gif")
    with pytest.raises(InputError, match="frames"):
        write_movie(sample, ramp, tmp_path / "growth.gif", frames=1)
