"""Operations of people on the running services: health, feeds, rejections. Commands and pages call them."""
