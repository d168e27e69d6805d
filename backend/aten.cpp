// Carries the precompiled header of ATen.
#include <ATen/ATen.h>
