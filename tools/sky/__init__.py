"""A year of light over a lane, for appliance/capture/daylight: no camera is needed."""
