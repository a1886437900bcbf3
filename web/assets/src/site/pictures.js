// A picture larger than its frame opens at the first thing that is painted on it: on a telephone that is seldom the corner.
for (const frame of document.querySelectorAll('.picture')) {
  const painted = frame.querySelector('[data-painted]');
  if (!painted) continue;
  const [inner, outer] = [painted.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollTo(
    frame.scrollLeft + inner.left - outer.left - (frame.clientWidth - inner.width) / 2,
    frame.scrollTop + inner.top - outer.top - (frame.clientHeight - inner.height) / 2,
  );
}
