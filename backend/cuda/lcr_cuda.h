#ifndef LCR_CUDA_H
#define LCR_CUDA_H

#include <stdint.h>

/* The CUDA library, which the backend opens when a plan asks for a device. One context a worker: a stream, pinned staging
   buffers and device buffers that grow as needed. No exception and no C++ type crosses. */

#ifdef __cplusplus
extern "C" {
#endif

#define LCR_CUDA_VERSION 3

/* Dtypes of weights and scales. */
enum { LCR_BF16, LCR_F16, LCR_F32, LCR_E4M3, LCR_E8M0 };
/* Elements and layouts of codes, as in the formats room. */
enum { LCR_INT, LCR_FP4, LCR_FP8 };
enum { LCR_WORDS, LCR_BYTES, LCR_BYTES_E4M3, LCR_NIBBLES };

/* A tile of rows to quantize. All pointers are host memory, that to the weights is device memory with `on_device`. */
typedef struct {
  const void* weights; /* rows x columns, dense */
  int32_t on_device;
  int32_t dtype;
  int64_t rows, columns;

  int32_t element, bits, symmetric, layout, scale_dtype, packed_zero_points, whole_tensor;
  int64_t unit_rows, unit_columns; /* area of one scale */
  int64_t scale_rows, scale_columns;

  float divisor, global; /* global divides the stored scales; 1 where there is none */
  int32_t exponent_shift;
  uint32_t exponent_carry;
  float lowest, highest; /* integer codes */
  int32_t offset;        /* added to integer codes that are packed */
  int32_t four_over_six;
  const float* shrinks; /* mse; null: none */
  int32_t shrink_count, patience;
  float norm;
  float tensor_low, tensor_high; /* of the one scale a tensor */
  int32_t measure;

  void *codes, *scales, *zero_points; /* zero_points null: symmetric */
  int64_t codes_bytes, codes_row_bytes, scales_bytes, zero_points_bytes;

  /* results */
  int32_t finite;       /* 0: some weight is NaN or infinite, the outputs are of no use */
  double error, signal; /* sums of (weight - decoded)^2 and weight^2, where measured */
  float low, high;      /* of observe: the range, zero included */
} lcr_cuda_tile;

typedef struct lcr_cuda_context lcr_cuda_context;

int lcr_cuda_version(void);
/* Names of the devices, one a line, into buffer; gives their number, or a negative error. */
int lcr_cuda_devices(char* buffer, int size);
int64_t lcr_cuda_free_bytes(int device);

/* Null on failure, with the reason in error. */
lcr_cuda_context* lcr_cuda_create(int device, char* error, int size);
void lcr_cuda_destroy(lcr_cuda_context* context);

/* Both give 0, or 1 with the reason in error; 2 when the device is out of memory. */
int lcr_cuda_observe(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size);
int lcr_cuda_quantize(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size);
/* The traffic of lcr_cuda_quantize without its arithmetic: the same bytes to the device, read there, and back. */
int lcr_cuda_copy(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size);

/* Bytes of device memory into host memory. */
int lcr_cuda_fetch(lcr_cuda_context* context, const void* from, void* to, int64_t bytes, char* error, int size);

/* A panel of at most LCR_PANEL consecutive columns of a solve, every row. All pointers are device memory, strides count
   elements. Column by column a weight w becomes the nearest value q on its grid, and (w - q) / factor[j][j] times row j of
   factor is taken off the columns that follow in the panel. */
#define LCR_PANEL 128
typedef struct {
  int64_t rows, width;
  float* weights; /* rows x width; comes back as the values q */
  int64_t weights_stride;
  const float* factor; /* width x width, upper triangular */
  int64_t factor_stride;
  const float *scales, *zeros; /* grid of scales; zeros null: symmetric */
  int64_t scales_stride, unit_rows; /* of one scale */
  const int32_t* units; /* width: the column of scales of each column */
  const uint8_t* keep;  /* rows x width, 0 where q must be 0; null: nowhere */
  int64_t keep_stride;
  uint8_t* codes; /* rows x width */
  int64_t codes_stride;
  float* errors; /* rows x width: (w - q) / factor[j][j] */
  int64_t errors_stride;
  int32_t element;       /* LCR_INT, LCR_FP4, LCR_FP8 */
  float lowest, highest; /* integer codes */
} lcr_cuda_panel;

/* Enqueued on the stream (a CUstream of the device's primary context); gives 0, or 1 with the reason in error. */
int lcr_cuda_sweep(const lcr_cuda_panel* panel, int device, void* stream, char* error, int size);

/* The scales of a whole weight in device memory, each from its own range (shape.whole_tensor is 0), and what rounding with
   them loses. Of `shape` the fields that say what is quantized and how are looked at; its pointers are not. */
typedef struct {
  lcr_cuda_tile shape;
  const void* weights;    /* rows x columns, dense */
  const float* channels;  /* columns: weights are multiplied by these first; null: they are not */
  const float* importance; /* columns: what errors are multiplied by; null: all weigh the same */
  const float* shrinks;   /* shape.shrink_count */
  float *low, *high;      /* workspace, a unit each */
  uint8_t* bytes;         /* workspace, four a unit */
  int8_t* zero_points;    /* workspace, one a unit; null: symmetric */
  int32_t* finite;        /* workspace */
  float *scales, *stored; /* out, a unit each: what codes are multiplied by, and as stored */
  float* zeros;           /* out, a unit each; null: symmetric */
  float* out;             /* out, rows x columns: the rounded weight divided by its channel again; null: not asked for */
  int32_t difference;     /* less the weight */
} lcr_cuda_rounding;
int lcr_cuda_round(const lcr_cuda_rounding* rounding, int device, void* stream, char* error, int size);

/* Rows of 16-bit numbers divided by their root mean square and multiplied by a weight: x / sqrt(mean(x^2) + eps) is rounded
   before the product, or with `wide` only after it. */
typedef struct {
  const void *x, *weight; /* rows x width, dense; width, null: none */
  void* out;
  int32_t dtype; /* of all three: LCR_BF16, LCR_F16 */
  int64_t rows, width;
  float eps, offset; /* added to the weight */
  int32_t wide;
} lcr_cuda_norm;
int lcr_cuda_rms_norm(const lcr_cuda_norm* norm, int device, void* stream, char* error, int size);

/* Rotary positions: pairs (a, b) of every head become (a cos - b sin, b cos + a sin). */
typedef struct {
  const void* x; /* rows x heads x width, dense; the columns after 2 * pairs are copied */
  void* out;
  int32_t dtype;
  int64_t rows, heads, width, pairs;
  const float *cosine, *sine; /* rows x pairs */
  int32_t neighbours;   /* pairs are (2i, 2i + 1), else (i, i + pairs) */
  int32_t round_table;  /* cosine and sine as the dtype holds them */
  int32_t round_steps;  /* every product and sum is rounded */
} lcr_cuda_rotation;
int lcr_cuda_rope(const lcr_cuda_rotation* rotation, int device, void* stream, char* error, int size);

/* silu(gate) * value, the first factor rounded before the product. */
typedef struct {
  const void *gate, *value; /* dense */
  void* out;
  int32_t dtype;
  int64_t count; /* a multiple of 8 */
} lcr_cuda_gate;
int lcr_cuda_silu_gate(const lcr_cuda_gate* gate, int device, void* stream, char* error, int size);

/* Of every row the sum of (a - b)^2. */
typedef struct {
  const void *a, *b; /* rows x width, dense; width is a multiple of 8 */
  int32_t dtype;
  int64_t rows, width;
  double* sums; /* rows */
} lcr_cuda_difference;
int lcr_cuda_differences(const lcr_cuda_difference* difference, int device, void* stream, char* error, int size);

/* Of every column of 16-bit numbers: the sum of magnitudes, the sum of squares, the least and the greatest. */
typedef struct {
  const void* x; /* rows x width, dense */
  int32_t dtype;
  int64_t rows, width;
  double *magnitudes, *squares; /* chunks x width; the first rows are the results */
  float *lowest, *highest;
  int64_t chunks;               /* of rows: lcr_cuda_column_chunks */
} lcr_cuda_columns;
int64_t lcr_cuda_column_chunks(int64_t rows);
int lcr_cuda_measure_columns(const lcr_cuda_columns* columns, int device, void* stream, char* error, int size);

/* Of two matrices the sum of the products of their numbers, in parts: products and sums in double. */
#define LCR_DOT_PARTS 1024
typedef struct {
  const float *a, *b; /* rows x width; strides of rows count elements */
  int64_t a_stride, b_stride, rows, width;
  double* sums; /* LCR_DOT_PARTS */
} lcr_cuda_dots;
int lcr_cuda_dot(const lcr_cuda_dots* dots, int device, void* stream, char* error, int size);

/* Most bytes of device memory that the context has held. */
int64_t lcr_cuda_peak_bytes(const lcr_cuda_context* context);

#ifdef __cplusplus
}
#endif
#endif
