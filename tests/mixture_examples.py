"""Mixtures as a user writes them."""

from ratecheck import Share, mixture
from ratecheck.problems import cosine, quadratic, ripple


@mixture
def three_kinds(dim, wave=0.25):
    """A rippled, a periodic and a quadratic third, the last with minima far from 0 and little noise."""
    third = dim // 3
    return (
        Share(ripple, third, gap=0.5, noise=0.6, amplitude=wave, frequency=3.0, spectrum=0.5),
        Share(cosine, third, gap=0.3, noise=0.4, curvature=0.25, starts="alternating", noise_spectrum=0.5),
        Share(quadratic, dim - 2 * third, gap=0.2, noise=0.0, curvature=0.5, center=3.0, centers="spread"),
    )
